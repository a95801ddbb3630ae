import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { FAULTS } from '../../src/protocol/fault-catalogue.ts'
import { ROOT, resourcesOf, twoAgencies } from './world.ts'

const runbook = readFileSync(join(ROOT, 'docs/runbook.md'), 'utf8')
const sources = readdirSync(join(ROOT, 'lib'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
const watched = sources.flatMap((file) =>
  [...readFileSync(join(ROOT, 'lib', file), 'utf8').matchAll(/watch\(this, '(\w+)'/g)].map(([, name = '']) => name),
)
const pages = [...runbook.matchAll(/^## (\w+)$/gm)].map(([, name = '']) => name)

describe('docs/runbook.md', () => {
  test('has a page for every alarm, and no page for an alarm that is not there', () => {
    expect(watched.length).toBeGreaterThan(2)
    expect(pages.toSorted()).toEqual(watched.toSorted())
  })

  test('says of each what it means and what to do, in both languages', () => {
    for (const page of runbook.split(/^## /m).slice(1))
      for (const part of ['**Qué significa.**', '**Qué hacer.**', '**English.**']) expect(page, page.slice(0, 30)).toContain(part)
  })

  test('is where every alarm leads, and somebody is told of each', () => {
    const alarms = resourcesOf(twoAgencies().templates, 'AWS::CloudWatch::Alarm')
    expect(new Set(alarms.map(({ id }) => id.replace(/[0-9A-F]{8}$/, '')))).toEqual(new Set(watched))
    for (const { properties } of alarms) {
      const [, anchor = ''] = /docs\/runbook\.md#(\w+)$/.exec(String(properties.AlarmDescription)) ?? []
      expect(pages.map((page) => page.toLowerCase())).toContain(anchor)
      expect(properties.AlarmActions).toHaveLength(1)
    }
  })

  test('silence of a schedule is bad news', () => {
    for (const { id, properties } of resourcesOf(twoAgencies().templates, 'AWS::CloudWatch::Alarm'))
      expect(properties.TreatMissingData, id).toBe(id.startsWith('DoorsFailing') ? 'notBreaching' : 'breaching')
  })

  test('names no code that is not in the catalogue', () => {
    const codes = [...runbook.matchAll(/`(busy|[a-z]+(?:_[a-z]+)+)`/g)].map(([, code = '']) => code)
    const events = [
      'consume_refused',
      'provide_refused',
      'line_not_clear',
      'record_set_aside',
      'ceremony_needed',
      'not_published',
      'certificate_not_renewed',
      'certificate_ends',
    ]
    expect(codes.length).toBeGreaterThan(5)
    for (const code of codes) expect(Object.hasOwn(FAULTS, code) || events.includes(code), code).toBe(true)
  })
})
