import { Validations } from 'aws-cdk-lib'
import { Queue } from 'aws-cdk-lib/aws-sqs'
import { AwsSolutionsChecks, NIST80053R5Checks } from 'cdk-nag'
import type { IConstruct } from 'constructs'
import { describe, expect, test } from 'vitest'
import { sixtyAgencies, twoAgencies } from './world.ts'

type Findings = ReadonlyMap<string, readonly string[]>
const PACKS = [AwsSolutionsChecks, NIST80053R5Checks] as const

/** Every finding with the places it is at; `all`: also those that are acknowledged. */
function findings(app: IConstruct, all = false): Findings {
  const found = new Map<string, string[]>()
  for (const Pack of PACKS) {
    const pack = new Pack(app)
    if (all) (pack as unknown as { isAcknowledged: () => boolean }).isAcknowledged = () => false
    for (const { ruleName, violatingResources } of pack.validateScope(app).violations ?? [])
      found.set(
        ruleName,
        violatingResources.map(({ constructPath }) => constructPath ?? ''),
      )
  }
  return found
}

/** Every acknowledgement: rule, reason and the construct it was made on. */
const acknowledged = (app: IConstruct) =>
  app.node.findAll().flatMap((construct) =>
    construct.node.metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) =>
        Object.entries(data as Record<string, string>).map(([id, reason]) => ({
          id: id.replace(/^annotation::/i, ''),
          reason,
          at: construct.node.path,
        })),
      ),
  )

describe('AwsSolutions and NIST 800-53 R5', () => {
  test('find nothing that is not acknowledged, with every door', () => {
    const { app } = twoAgencies()
    expect([...findings(app)]).toEqual([])
    const all = findings(app, true)
    console.log(
      `cdk-nag: 0 unacknowledged; ${all.size} findings at ${[...all.values()].flat().length} places acknowledged, ${acknowledged(app).length} sentences`,
    )
    expect(all.size).toBeGreaterThan(20)
  })

  test('nor with sixty agencies', () => {
    expect([...findings(sixtyAgencies().app)]).toEqual([])
  })

  test('every acknowledgement has its sentence, names one finding exactly, and stands on one resource, not on a stack', () => {
    for (const { id, reason, at } of acknowledged(twoAgencies().app)) {
      expect(reason.length, id).toBeGreaterThan(60)
      expect(reason, id).toMatch(/\.$/)
      expect(id).toMatch(/^(AwsSolutions|NIST\.800\.53\.R5)-[A-Za-z0-9]+(\[.+\])?$/)
      expect(at.split('/').length, at).toBeGreaterThan(2)
    }
  })

  test('no acknowledgement is left over: each is of something that is found', () => {
    const { app } = twoAgencies()
    const all = findings(app, true)
    for (const { id, at } of acknowledged(app))
      expect(
        (all.get(id) ?? []).some((place) => place.startsWith(at)),
        `${id} at ${at}`,
      ).toBe(true)
  })

  test('a planted queue without its due is found', async () => {
    const { App, Stack } = await import('aws-cdk-lib')
    const app = new App({ analyticsReporting: false, builtinCloudFormationValidation: false })
    new Queue(new Stack(app, 'S'), 'Planted')
    expect([...findings(app).keys()]).toEqual(expect.arrayContaining(['AwsSolutions-SQS3', 'AwsSolutions-SQS4']))
  })
})
