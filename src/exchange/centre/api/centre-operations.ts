import { HOUR, type Instant, isoInstant, later } from '../../../base/clock.ts'
import { ok } from '../../../base/result.ts'
import { type Outcome, refuse } from '../../../protocol/faults.ts'
import { formatId } from '../../../protocol/identifiers.ts'
import { anchorFingerprint, writeAnchor } from '../../../trust/anchor.ts'
import { checkAddress } from '../../../trust/registry/names.ts'
import {
  type AlarmRecord,
  type InstanceRecord,
  type InvitationRecord,
  KEYS,
  type ProposalRecord,
  type RequestRecord,
  type SigningKeyRecord,
} from '../../../trust/registry/records.ts'
import type { Json, JsonObject } from '../../contract/json.ts'
import { type LogLine, readLog } from '../../register/change-log.ts'
import type { Work } from '../../register/work.ts'
import { nodeAnchor } from '../anchors.ts'
import { invite, withdrawInvitation } from '../invitations.ts'
import { instanceOf, knows } from '../members.ts'
import type { Published } from '../publication.ts'
import { anyText, list, number, type Operation, object, READERS, ref, text } from './operation.ts'
import { clientFrom, maybe, memberFrom, textIn } from './read-given.ts'
import { SCHEMAS } from './schemas.ts'

const settingsView = ({ provider, ...instance }: InstanceRecord): Json => ({ ...instance, provider: formatId(provider) })
const invitationView = ({ digest: _, member, expires, ...invitation }: InvitationRecord): JsonObject => ({
  ...invitation,
  member: formatId(member),
  expires: isoInstant(expires as Instant),
})
export const proposalView = ({ askedAt, expires, body, ...proposal }: ProposalRecord): Json => ({
  ...proposal,
  body: (body ?? null) as Json,
  askedAt: isoInstant(askedAt as Instant),
  expires: isoInstant(expires as Instant),
})
const alarmView = ({ at, ...alarm }: AlarmRecord): Json => ({ ...alarm, at: isoInstant(at as Instant) })
const lineView = ({ at, ...line }: LogLine): Json => ({ ...(line as unknown as JsonObject), at: isoInstant(at) })
export const publishedView = ({ serial, signedAt, expires, digests }: Published): Json => ({
  serial,
  signedAt: isoInstant(signedAt),
  expires: isoInstant(expires),
  digests,
})

async function changeSettings(work: Work, body: JsonObject): Promise<Outcome<Json>> {
  const before = await instanceOf(work)
  const provider = clientFrom(textIn(body, 'provider'))
  if (!provider.ok) return provider
  if (provider.value.subsystemCode === undefined || !(await knows(work, provider.value)))
    return refuse('not_found', `${textIn(body, 'provider')} is no subsystem of a member`)
  const settings = { ...before, ...(body as unknown as InstanceRecord), instance: before.instance, provider: provider.value }
  if (textIn(body, 'instance') !== before.instance) return refuse('conflict', `the instance is ${before.instance} for good`)
  const bad = settings.addresses.map(checkAddress).find((checked) => !checked.ok)
  if (bad && !bad.ok) return bad
  if (settings.addresses.length === 0) return refuse('bad_request', 'the centre needs an address')
  if (settings.policy.timeStampingIntervalSeconds >= settings.policy.ocspFreshnessSeconds)
    return refuse('bad_request', 'stamps must come sooner than OCSP answers grow old')
  work.put(KEYS.instance, settings)
  return ok(settingsView(settings))
}

/** Settings, invitations, what waits for a second person, alarms, the log of acts, publication. */
export const CENTRE_OPERATIONS: readonly Operation[] = [
  {
    id: 'readStatus',
    method: 'GET',
    path: '/status',
    es: 'Cómo está el centro: qué espera a alguien, qué alarma nadie ha visto, hasta dónde llega la bitácora',
    en: 'How the centre stands: what waits for somebody, which alarms nobody has seen, how far the log goes',
    roles: READERS,
    people: 1,
    status: 200,
    answer: object({
      instance: text(),
      members: number,
      servers: number,
      waitingRequests: number,
      waitingProposals: number,
      alarms: list(ref('Alarm')),
      log: object({ number, digest: anyText }),
      published: ref('Published'),
    }),
    run: async (work) => {
      const requests = await work.list<RequestRecord>('registry/pending/')
      const proposals = await work.list<ProposalRecord>('registry/proposal/')
      const alarms = (await work.list<AlarmRecord>('registry/alarm/')).filter(({ value }) => value.seenBy === undefined)
      const head = (await work.get<{ number: number; digest: string }>('audit/head')) ?? { number: 0, digest: '' }
      const published = await work.get<Published>('publication/current')
      return ok({
        instance: (await instanceOf(work)).instance,
        members: (await work.list('registry/member/')).length,
        servers: (await work.list('registry/server/')).length,
        waitingRequests: requests.length,
        waitingProposals: proposals.filter(({ value }) => value.state === 'waiting').length,
        alarms: alarms.map(({ value }) => alarmView(value)),
        log: head,
        published: published ? publishedView(published) : { serial: 0, signedAt: '', expires: '', digests: {} },
      })
    },
  },
  {
    id: 'readSettings',
    method: 'GET',
    path: '/settings',
    es: 'La instancia, sus direcciones y sus políticas',
    en: 'The instance, its addresses and its policies',
    roles: READERS,
    people: 1,
    status: 200,
    answer: ref('Settings'),
    run: async (work) => ok(settingsView(await instanceOf(work))),
  },
  {
    id: 'changeSettings',
    method: 'PUT',
    path: '/settings',
    es: 'Cambia direcciones, proveedor de los servicios de gestión y políticas',
    en: 'Changes addresses, provider of the management services, and policies',
    roles: ['security'],
    people: 2,
    body: SCHEMAS.Settings as JsonObject,
    status: 200,
    answer: ref('Settings'),
    run: (work, { body }) => changeSettings(work, body),
  },
  {
    id: 'listInvitations',
    method: 'GET',
    path: '/invitations',
    es: 'Las invitaciones, sin su secreto',
    en: 'The invitations, without their secrets',
    roles: READERS,
    people: 1,
    status: 200,
    answer: list(ref('Invitation'), 100_000),
    run: async (work) => ok((await work.list<InvitationRecord>('registry/invitation/')).map(({ value }) => invitationView(value))),
  },
  {
    id: 'invite',
    method: 'POST',
    path: '/invitations',
    es: 'Invita a un miembro a registrar un nodo: el secreto se muestra esta única vez',
    en: 'Invites a member to register a node: the secret is shown this one time',
    roles: ['registration'],
    people: 1,
    body: object({
      member: text(1024),
      'serverCode?': text(),
      'hours?': { type: 'integer', minimum: 1, maximum: 720 },
      'subsystems?': list(text(), 100),
    }),
    status: 201,
    answer: ref('Invitation'),
    run: async (work, { body, who, at, ports }) => {
      const member = memberFrom(textIn(body, 'member'))
      if (!member.ok) return member
      const hours = typeof body.hours === 'number' ? body.hours : 72
      const secret = ports.newSecret()
      const order = {
        id: ports.newId(),
        secret,
        member: member.value,
        ...maybe(body, 'serverCode'),
        expires: later(at, hours * HOUR),
        askedBy: who,
        ...(Array.isArray(body.subsystems) ? { subsystems: body.subsystems as readonly string[] } : {}),
      }
      const invited = await invite(work, order)
      if (!invited.ok) return invited
      const keys = (await work.list<SigningKeyRecord>('registry/signingkey/')).map(({ value }) => value)
      const fingerprint = anchorFingerprint(writeAnchor(nodeAnchor(await instanceOf(work), keys)))
      return ok({ ...invitationView(invited.value), secret, fingerprint })
    },
  },
  {
    id: 'withdrawInvitation',
    method: 'POST',
    path: '/invitations/{invitationId}/withdrawal',
    es: 'Retira una invitación que nadie ha usado',
    en: 'Withdraws an invitation nobody has used',
    roles: ['registration'],
    people: 1,
    status: 200,
    answer: ref('Invitation'),
    run: async (work, { parameters }) => {
      const withdrawn = await withdrawInvitation(work, parameters.invitationId ?? '')
      return withdrawn.ok ? ok(invitationView(withdrawn.value)) : withdrawn
    },
  },
  {
    id: 'listProposals',
    method: 'GET',
    path: '/proposals',
    es: 'Los actos de dos personas',
    en: 'The acts that take two people',
    roles: READERS,
    people: 1,
    status: 200,
    answer: list(ref('Proposal'), 100_000),
    run: async (work) => ok((await work.list<ProposalRecord>('registry/proposal/')).map(({ value }) => proposalView(value))),
  },
  {
    id: 'acknowledgeAlarm',
    method: 'POST',
    path: '/alarms/{alarmId}/acknowledgement',
    es: 'Da por vista una alarma de cristal roto; quien lo rompió no puede',
    en: 'Acknowledges an alarm of a broken glass; who broke it cannot',
    roles: ['security', 'system', 'auditor'],
    people: 1,
    status: 200,
    answer: ref('Alarm'),
    run: async (work, { parameters, who }) => {
      const key = KEYS.alarm(parameters.alarmId ?? '')
      const alarm = await work.get<AlarmRecord>(key)
      if (!alarm) return refuse('not_found', `alarm ${parameters.alarmId}`)
      if (alarm.who === who) return refuse('access_denied', 'who broke the glass cannot sweep it up', 'second_person')
      const seen = { ...alarm, seenBy: who }
      work.put(key, seen)
      return ok(alarmView(seen))
    },
  },
  {
    id: 'readLog',
    method: 'GET',
    path: '/log',
    es: 'La bitácora, encadenada y comprobada, desde después de una línea; a lo más mil líneas',
    en: 'The log, chained and checked, from after a line; at most a thousand lines',
    roles: ['auditor', 'security', 'system'],
    people: 1,
    query: { after: { type: 'string', pattern: '^[0-9]{1,12}$' } },
    status: 200,
    answer: list(ref('LogLine')),
    run: async (_work, { query, ports }) => {
      const lines = await readLog(ports, { after: Number(query.after ?? '0'), most: 1000 })
      return lines.ok ? ok(lines.value.map(lineView)) : lines
    },
  },
]
