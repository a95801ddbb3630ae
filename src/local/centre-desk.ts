import { randomBytes, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { lockedFiles } from '../adapters/local/locked-files.ts'
import { openNodeStore } from '../adapters/local/node-store.ts'
import { DAY, later, type Now } from '../base/clock.ts'
import { ok, type Result } from '../base/result.ts'
import { nodeAnchor } from '../exchange/centre/anchors.ts'
import { invite } from '../exchange/centre/invitations.ts'
import { addMember, putMemberClass, putSubsystem } from '../exchange/centre/members.ts'
import { readRecords } from '../exchange/centre/read-records.ts'
import type { Log } from '../exchange/ports.ts'
import { act } from '../exchange/register/change-log.ts'
import type { Work } from '../exchange/register/work.ts'
import type { Outcome } from '../protocol/faults.ts'
import { type ClientId, formatId, type MemberId } from '../protocol/identifiers.ts'
import { anchorFingerprint, writeAnchor } from '../trust/anchor.ts'
import { writeInvitation } from '../trust/registry/invitation.ts'
import { KEYS } from '../trust/registry/records.ts'
import { type Trouble, trouble } from './troubles.ts'

/** What whoever runs this machine's centre may do at its desk, beside the running centre: every act is in the log, under their name. */
export type CentreDesk = {
  /** Makes the member, and its class, when there is none of that name; gives the invitation's text, which is said once. */
  readonly invite: (wish: Inviting) => Promise<Outcome<string>>
  /** The member and subsystem that offer the management services, made when there are none. */
  readonly addManager: (manager: ClientId, name: string) => Promise<Outcome<unknown>>
  readonly close: () => Promise<void>
}
export type Inviting = {
  readonly member: MemberId
  readonly name: string
  readonly subsystems: readonly string[]
  readonly serverCode?: string
}

const GOOD_FOR = 7 * DAY

/** Refused with 'no_world' where no centre was ever started. */
export function openDesk(home: string, who: string, now: Now, log: Log): Result<CentreDesk, Trouble> {
  const file = join(home, 'centre', 'centre.sqlite')
  if (!existsSync(file)) return trouble('no_world', { home })
  const store = openNodeStore(file)
  const ports = { store: store.store, ...lockedFiles(join(home, 'centre', 'published')), now, log }
  const doing = <T>(what: string, work: (work: Work) => Promise<Outcome<T>>) => act(ports, { who: { kind: 'person', id: who }, what }, work)
  return ok({
    invite: async ({ member, name, subsystems, serverCode }) => {
      const secret = randomBytes(32).toString('base64url')
      const wish = {
        id: randomUUID(),
        secret,
        member,
        expires: later(now(), GOOD_FOR),
        askedBy: who,
        subsystems,
        ...(serverCode === undefined ? {} : { serverCode }),
      }
      const done = await doing('invite', async (work) => {
        const made = await withMember(work, member, name)
        return made.ok ? invite(work, wish) : made
      })
      if (!done.ok) return done
      const records = await readRecords(store.store)
      if (!records) throw new Error('the centre is not set up')
      const anchor = nodeAnchor(records.instance, records.signingKeys)
      const facts = {
        centre: `http://${records.instance.addresses[0]}`,
        member,
        secret,
        fingerprint: anchorFingerprint(writeAnchor(anchor)),
      }
      return ok(writeInvitation(serverCode === undefined ? facts : { ...facts, serverCode }))
    },
    addManager: (manager, name) =>
      doing('addManager', async (work) => {
        const { subsystemCode: _, ...member } = manager
        const made = await withMember(work, member, name)
        return made.ok ? putSubsystem(work, { id: manager }) : made
      }),
    close: store.close,
  })
}

async function withMember(work: Work, member: MemberId, name: string): Promise<Outcome<unknown>> {
  if (await work.get(KEYS.member(member))) return ok(true)
  if (!(await work.get(KEYS.memberClass(member.memberClass)))) {
    const made = await putMemberClass(work, { code: member.memberClass, description: member.memberClass })
    if (!made.ok) return made
  }
  return addMember(work, { id: member, name: name === '' ? formatId(member) : name })
}
