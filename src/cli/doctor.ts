import { join } from 'node:path'
import { openNodeStore } from '../adapters/local/node-store.ts'
import { instant, type Now } from '../base/clock.ts'
import { seen } from '../exchange/watch/alarms.ts'
import { examineNode, type Finding, wordsOf } from '../local/doctor.ts'
import { passphraseOf, readMark } from '../local/home.ts'
import { nodeNamed, readWorldFile } from '../local/world-file.ts'
import { EXIT, type Io, inLanguage, tell } from './io.ts'
import { personHere } from './join.ts'

const now: Now = () => instant(Date.now())

export type DoctorCommand = {
  readonly home: string
  readonly node?: string
  readonly seen?: string
  readonly json: boolean
  readonly all: boolean
}

/** `sacbe doctor`: every hop of every node here, tested. @returns 0 when nothing is broken, 1 when something is, 2 when it could not look */
export async function doctorCommand(options: DoctorCommand, io: Io): Promise<number> {
  const world = readWorldFile(options.home)
  if (!world.ok) return tell(world, io)
  const mark = readMark(options.home)
  if (!mark.ok) return tell(mark, io)
  const passphrase = passphraseOf(options.home, mark.value, io.env.SACBE_PASSPHRASE)
  if (!passphrase.ok) return tell(passphrase, io)
  const chosen = options.node === undefined ? undefined : nodeNamed(world.value, options.node)
  if (chosen && !chosen.ok) return tell(chosen, io)
  const nodes = chosen ? [chosen.value] : world.value.nodes
  if (options.seen !== undefined) for (const { folder } of nodes) await note(folder, options.seen, io)
  const found: Finding[] = []
  for (const entry of nodes) {
    const examined = await examineNode(entry, world.value.clients, { passphrase: passphrase.value, now })
    if (!examined.ok) return tell(examined, io)
    found.push(...examined.value)
  }
  for (const finding of found) if (options.json || options.all || finding.state !== 'ok') say(finding, options.json, io)
  const broken = found.filter(({ state }) => state === 'broken')
  if (!options.json)
    io.out(
      inLanguage(
        broken.length === 0
          ? { es: `Se probaron ${found.length} puntos: todo bien.`, en: `${found.length} hops tested: all is well.` }
          : {
              es: `Se probaron ${found.length} puntos: ${broken.length} con falla.`,
              en: `${found.length} hops tested: ${broken.length} broken.`,
            },
        io.lang,
      ),
    )
  return broken.length === 0 ? EXIT.ok : EXIT.no
}

async function note(folder: string, id: string, io: Io): Promise<void> {
  const { store, close } = openNodeStore(join(folder, 'node.sqlite'))
  await seen(id, personHere(io), { store, now, log: () => {} })
  await close()
}

const MARKS = { ok: '✔', broken: '✘', warning: '!' } as const

function say(finding: Finding, json: boolean, io: Io): void {
  const { node, hop, name, state, cause, detail = '' } = finding
  if (json) {
    io.out(JSON.stringify({ ...finding, ...(cause ? wordsOf(cause) : {}) }))
    return
  }
  io.out(`${MARKS[state]} ${node}  ${hop}  ${name}${detail === '' ? '' : `  (${detail})`}`)
  if (!cause) return
  for (const line of inLanguage(wordsOf(cause).cause, io.lang).split('\n')) io.out(`    ${line}`)
  for (const line of inLanguage(wordsOf(cause).fix, io.lang).split('\n')) io.out(`    → ${line}`)
}
