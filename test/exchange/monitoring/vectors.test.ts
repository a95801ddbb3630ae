import { readdirSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { callIn } from '../../../src/exchange/metadata/soap-answer.ts'
import { readDataQuestion, readHealthQuestion } from '../../../src/exchange/monitoring/monitoring-question.ts'
import { codeOf, type Outcome } from '../../../src/protocol/faults.ts'
import { readPackage, readSoap, type SoapMessage } from '../../../src/protocol/soap-message.ts'
import { needs } from '../../tools.ts'
import { vector, vectors } from '../../vectors.ts'
import { validBy } from './questions.ts'

const folder = vectors()
const files = folder === null ? [] : readdirSync(`${folder}/opmon`, { recursive: true }).map(String)
const rows = files.filter((name) => /\.(query|request|xml)$/.test(name)).toSorted()
const FILLED = { records_from_placeholder: '1477468193', records_to_placeholder: '1477468205', message_id_placeholder: 'id-1' }

/** A template with something in every place; the message with whatever it holds. */
function messageIn(name: string): SoapMessage | string {
  const octets = vector(`opmon/${name}`)
  const text = octets
    .toString('utf8')
    .replace(/\{?((?:records_from|records_to|message_id)_placeholder)\}?/g, (_all, key: keyof typeof FILLED) => FILLED[key])
    .replace(/\{params\[(\w+)\]\}/g, 'de-$1')
  if (text.startsWith('--')) {
    const boundary = text.slice(2, text.indexOf('\n')).trim()
    const read = readPackage(`multipart/related; type="text/xml"; boundary=${boundary}`, {
      body: Buffer.from(text.replace(/\r?\n/g, '\r\n')),
    })
    return read.ok ? (read.value.kind === 'package' ? read.value.message : 'a fault') : codeOf(read.fault)
  }
  const read = readSoap(Buffer.from(text))
  return read.ok ? (read.value.kind === 'message' ? read.value : 'a fault') : codeOf(read.fault)
}
const READERS: Readonly<Record<string, (message: SoapMessage) => Outcome<unknown>>> = {
  getSecurityServerOperationalData: readDataQuestion,
  getSecurityServerHealthData: readHealthQuestion,
}
/** The one element of the body, with the namespaces it stands in. */
const bodyOf = (message: SoapMessage): string => {
  const { start, end } = callIn(message)
  const text = Buffer.from(message.bytes)
    .toString('utf8')
    .replace(/^\uFEFF/, '')
  return text
    .slice(start, end)
    .replace(/^<([\w:]+)/, '<$1 xmlns:om="http://x-road.eu/xsd/op-monitoring.xsd" xmlns:id="http://x-road.eu/xsd/identifiers"')
}

describe.skipIf(folder === null || !needs('xmllint'))('the public monitoring questions', () => {
  const verdicts = new Map<string, string>()
  test.each(rows)('%s is taken or refused as its schema says', (name) => {
    const message = messageIn(name)
    if (typeof message === 'string') {
      verdicts.set(name, message)
      return expect([name, message]).toEqual(['empty_body.query', 'invalid_body'])
    }
    const read = READERS[message.service.serviceCode]?.(message)
    if (!read) return void verdicts.set(name, 'a call to a service')
    verdicts.set(name, read.ok ? 'ok' : codeOf(read.fault))
    const valid = validBy('op-monitoring.xsd', bodyOf(message)) && !name.includes('invalid_client')
    expect(verdicts.get(name)).toBe(valid ? 'ok' : 'server.serverproxy.opmonitor.client.invalid_request')
  })
  test('are all there', () => {
    const refused = [...verdicts].filter(([, verdict]) => verdict.endsWith('invalid_request')).map(([name]) => name)
    console.log(`opmon: ${verdicts.size} of ${rows.length} rows; refused: ${refused.join(', ')}`)
    expect(rows.length).toBe(24)
    expect(verdicts.size).toBe(24)
    expect(refused.length).toBe(4)
  })
})
