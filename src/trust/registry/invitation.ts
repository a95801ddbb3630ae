import { ok } from '../../base/result.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import { formatId, type MemberId, parseClientId } from '../../protocol/identifiers.ts'

/** What an agency is handed to join with: one line of text, good once and until it expires. It is as secret as a password until it is used. */
export type Invitation = {
  /** 'http://centro.example:4510': where the centre answers. */
  readonly centre: string
  readonly member: MemberId
  /** Which server it is for; without one the agency chooses. */
  readonly serverCode?: string
  readonly secret: string
  /** SHA-224 of the centre's anchor as people say it: so that nobody between the two can put another centre in its place. */
  readonly fingerprint: string
}

const MARK = 'sacbe1-'
const MOST = 4096

export function writeInvitation({ centre, member, serverCode, secret, fingerprint }: Invitation): string {
  const facts = [centre, formatId(member), serverCode ?? '', secret, fingerprint.replaceAll(':', '')]
  return MARK + Buffer.from(JSON.stringify(facts)).toString('base64url')
}

/** Refused with 'invalid_invitation' when it is not one, or was cut short in copying. */
export function readInvitation(text: string): Outcome<Invitation> {
  const trimmed = text.trim()
  const wrong = (why: string) => refuse('invalid_invitation', why)
  if (!trimmed.startsWith(MARK) || trimmed.length > MOST) return wrong('an invitation begins with sacbe1-')
  const facts = factsIn(trimmed.slice(MARK.length))
  if (!facts) return wrong('the invitation is not whole')
  const [centre, id, serverCode, secret, fingerprint] = facts
  const member = parseClientId(id)
  if (!member.ok || member.value.subsystemCode !== undefined) return wrong('the invitation names no member')
  if (!/^https?:\/\/[^/?#@]+$/.test(centre) || !/^[0-9A-F]{56}$/.test(fingerprint) || secret.length < 32)
    return wrong('the invitation is not whole')
  const pairs = fingerprint.match(/../g)?.join(':') ?? ''
  return ok({ centre, member: member.value, ...(serverCode === '' ? {} : { serverCode }), secret, fingerprint: pairs })
}

type Facts = readonly [centre: string, member: string, serverCode: string, secret: string, fingerprint: string]

function factsIn(text: string): Facts | undefined {
  try {
    const facts = JSON.parse(Buffer.from(text, 'base64url').toString('utf8')) as unknown
    return Array.isArray(facts) && facts.length === 5 && facts.every((each) => typeof each === 'string')
      ? (facts as unknown as Facts)
      : undefined
  } catch {
    return undefined // cut short, or not ours: the caller says so
  }
}
