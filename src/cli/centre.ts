import { join } from 'node:path'
import { instant, type Now } from '../base/clock.ts'
import type { Result } from '../base/result.ts'
import { startCentre } from '../local/centre.ts'
import { type CentreDesk, openDesk } from '../local/centre-desk.ts'
import { fileLog } from '../local/file-log.ts'
import { openHome } from '../local/home.ts'
import type { Trouble } from '../local/troubles.ts'
import { formatId, parseClientId } from '../protocol/identifiers.ts'
import { EXIT, type Io, inLanguage, tell } from './io.ts'
import { personHere } from './join.ts'
import { tellFault } from './tell-fault.ts'

const now: Now = () => instant(Date.now())
const FIRST_PORT = 4600

export type CentreStart = { readonly home: string; readonly instance: string; readonly manager?: string; readonly port?: number }

/** `sacbe centre start`: a new exchange's centre, or one that was there, until it is interrupted. */
export async function centreStartCommand(
  { home: folder, instance, manager: given, port = FIRST_PORT }: CentreStart,
  io: Io,
): Promise<number> {
  const manager = parseClientId(given ?? `${instance}/GOB/CENTRO/GESTION`)
  if (!manager.ok) return tellFault(manager, io)
  const home = openHome(folder, { scenario: 'centre', passphrase: io.env.SACBE_PASSPHRASE })
  if (!home.ok) return tell(home, io)
  try {
    const log = fileLog(home.value.folder, now)
    const { passphrase } = home.value
    const started = await startCentre({
      folder: join(folder, 'centre'),
      passphrase,
      instance,
      manager: manager.value,
      port,
      ports: 1,
      now,
      log,
    })
    if (!started.ok) return tell(started, io)
    home.value.lock.announce(started.value.url)
    const made = await atDesk(folder, io, (desk) => desk.addManager(manager.value, instance))
    if (typeof made === 'number') return made
    if (!made.ok) return tellFault(made, io)
    io.out(
      inLanguage(
        {
          es: `El centro de ${instance} atiende en ${started.value.url}.`,
          en: `The centre of ${instance} answers at ${started.value.url}.`,
        },
        io.lang,
      ),
    )
    if (!io.interrupted.aborted)
      await new Promise<void>((resolve) => io.interrupted.addEventListener('abort', () => resolve(), { once: true }))
    await started.value.close()
    return EXIT.ok
  } finally {
    home.value.lock.release()
  }
}

async function atDesk<T>(home: string, io: Io, work: (desk: CentreDesk) => Promise<T>): Promise<T | number> {
  const desk: Result<CentreDesk, Trouble> = openDesk(home, personHere(io), now, fileLog(home, now))
  if (!desk.ok) return tell(desk, io)
  try {
    return await work(desk.value)
  } finally {
    await desk.value.close()
  }
}

export type InviteOptions = {
  readonly home: string
  readonly member: string
  readonly name: string
  readonly subsystems: readonly string[]
  readonly json: boolean
}

/** `sacbe centre invitation`: one line of text, said once; whoever has it may join as that member within a week. */
export async function inviteCommand({ home, member, name, subsystems, json }: InviteOptions, io: Io): Promise<number> {
  const id = parseClientId(member)
  if (!id.ok) return tellFault(id, io)
  const { subsystemCode: _, ...invited } = id.value
  const text = await atDesk(home, io, (desk) => desk.invite({ member: invited, name, subsystems }))
  if (typeof text === 'number') return text
  if (!text.ok) return tellFault(text, io)
  if (json) io.out(JSON.stringify({ member: formatId(invited), invitation: text.value }))
  else {
    io.err(
      inLanguage(
        { es: `Invitación para ${member}, válida una vez y por 7 días:`, en: `Invitation for ${member}, good once and for 7 days:` },
        io.lang,
      ),
    )
    io.out(text.value)
  }
  return EXIT.ok
}
