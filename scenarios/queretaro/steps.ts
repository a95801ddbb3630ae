import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { StepResult } from '../../src/local/scenario.ts'
import type { ClientAnswer, Verdict, WorldView } from '../../src/local/world-view.ts'
import { alterOneByte } from './alter.ts'
import { LOOKUP } from './world.ts'

const DIF = 'QRO/GOB/DIF/APOYOS'
const PERSON = 'ZELM850314MQTPNRZ9'
const WRONG_DIGIT = 'MOTR930411HJCRMG73'
const ISSUE = { 'X-Road-Issue': 'EXP-2025-0042', 'X-Road-UserId': 'MX-DIF-0117' }
/** Which part of a container the last step alters. */
const ALTERED = 'message.xml'
const BOTH = ['dif', 'sedesoq'] as const

/** The messages that steps exchanged in a world, for the auditor's step. */
const exchanged = new WeakMap<WorldView, string[]>()

const ask = (world: WorldView, curp: string, headers: Readonly<Record<string, string>>) =>
  world.call(DIF, { method: 'GET', service: LOOKUP, path: `/beneficiarios/${curp}`, headers })

/** Step 2: answered with the minimised record, and kept at both ends, question and answer. */
export async function lookUp(world: WorldView): Promise<StepResult> {
  const answer = await ask(world, PERSON, ISSUE)
  const body = jsonOf(answer)
  const kept = await rowsOf(world, answer.messageId)
  exchanged.set(world, [...(exchanged.get(world) ?? []), answer.messageId])
  const held = answer.status === 200 && body?.curp === PERSON && !('domicilio' in body) && !('cuenta' in body) && kept.length === 4
  return {
    held,
    shown: {
      es: `${answer.status} en ${answer.milliseconds} ms · ${body?.estatus}, ${programmesOf(body)} · ${kept.length} constancias en dos nodos`,
      en: `${answer.status} in ${answer.milliseconds} ms · ${body?.estatus}, ${programmesOf(body)} · ${kept.length} records at two nodes`,
    },
    facts: {
      status: answer.status,
      milliseconds: answer.milliseconds,
      messageId: answer.messageId,
      evidence: kept.join(' · '),
      answer: textOf(answer),
    },
  }
}

/** Step 3: 400 that names the missing legal basis; nothing leaves the house. */
export const withoutIssue = (world: WorldView): Promise<StepResult> =>
  refused(world, PERSON, {}, 400, 'legal_basis_missing', 'fundamento legal')

/** Step 4: 422 that names the digit; nothing reaches the provider. */
export const wrongDigit = (world: WorldView): Promise<StepResult> =>
  refused(world, WRONG_DIGIT, ISSUE, 422, 'openapi_violation', 'dígito verificador: dice 3, debe ser 0')

async function refused(
  world: WorldView,
  curp: string,
  headers: Readonly<Record<string, string>>,
  status: number,
  code: string,
  says: string,
): Promise<StepResult> {
  const before = world.serviceCalls(LOOKUP)
  const answer = await ask(world, curp, headers)
  const reached = world.serviceCalls(LOOKUP) - before
  const kept = answer.messageId === '' ? [] : await rowsOf(world, answer.messageId)
  const named = headerOf(answer, 'x-road-error')
  const held = answer.status === status && named.endsWith(code) && textOf(answer).includes(says) && reached === 0 && kept.length === 0
  return {
    held,
    shown: {
      es: `${answer.status} ${named} · ${says} · llegaron al padrón: ${reached}`,
      en: `${answer.status} ${named} · ${says} · reached the register: ${reached}`,
    },
    facts: { status: answer.status, milliseconds: answer.milliseconds, code: named, reached, answer: textOf(answer) },
  }
}

/** Step 11: every container of both nodes verifies in a fresh process on exported files only; one altered byte is found and named. */
export async function auditor(world: WorldView): Promise<StepResult> {
  const began = performance.now()
  const exports = []
  for (const messageId of exchanged.get(world) ?? []) for (const node of BOTH) exports.push(await world.exportEvidence(node, messageId))
  const verdicts: Verdict[] = []
  for (const { containers, trust } of exports)
    verdicts.push(
      ...(await world.verify(
        containers.map(({ file }) => file),
        trust,
      )),
    )
  const valid = verdicts.filter(({ verdict }) => verdict === 'valid').length
  const first = exports[0]
  const altered = first?.containers[0] && (await alteredVerdict(world, first.folder, first.containers[0].file, first.trust))
  const named = altered?.verdict === 'invalid' && (altered.why ?? '').includes(ALTERED)
  const milliseconds = Math.round(performance.now() - began)
  return {
    held: valid === verdicts.length && verdicts.length >= 4 && named,
    shown: {
      es: `${valid} de ${verdicts.length} válidas · alterado un byte de ${ALTERED}: ${altered?.code}${named ? ', y lo nombra' : ''}`,
      en: `${valid} of ${verdicts.length} valid · one byte of ${ALTERED} altered: ${altered?.code}${named ? ', and it is named' : ''}`,
    },
    facts: {
      milliseconds,
      valid,
      containers: verdicts.length,
      folders: exports.map(({ folder }) => folder).join(' '),
      altered: `${altered?.code} ${altered?.why}`,
    },
  }
}

/** Alters one byte of the message in a copy of a container and asks the verifier again. */
async function alteredVerdict(world: WorldView, folder: string, container: string, trust: string): Promise<Verdict | undefined> {
  const copies = join(folder, 'alterado-altered')
  await mkdir(copies, { recursive: true })
  const copy = join(copies, basename(container))
  await writeFile(copy, await alterOneByte(await readFile(container), ALTERED))
  return (await world.verify([copy], trust))[0]
}

async function rowsOf(world: WorldView, messageId: string): Promise<readonly string[]> {
  const rows = await Promise.all(BOTH.map((node) => world.evidence(node, messageId)))
  return rows.flat().map(({ node, direction }) => `${node} ${direction}`)
}

const textOf = ({ body }: ClientAnswer) => new TextDecoder().decode(body)
const headerOf = ({ headers }: ClientAnswer, name: string) => headers.find(([found]) => found.toLowerCase() === name)?.[1] ?? ''

type Found = { readonly curp?: string; readonly estatus?: string; readonly programas?: readonly { readonly clave: string }[] }
function jsonOf(answer: ClientAnswer): Found | undefined {
  try {
    return JSON.parse(textOf(answer)) as Found
  } catch {
    return undefined
  }
}
const programmesOf = (found: Found | undefined) => (found?.programas ?? []).map(({ clave }) => clave).join(', ')
