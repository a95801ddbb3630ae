import { describe, expect, test } from 'vitest'
import { adminHandler } from '../../functions/admin/handler.ts'
import { CENTRE_API } from '../../src/exchange/centre/api/centre-api.ts'
import { OPERATIONS } from '../../src/exchange/centre/api/operations.ts'
import type { Json, JsonObject } from '../../src/exchange/contract/json.ts'
import { violationOf } from '../../src/exchange/contract/json-schema.ts'
import { readLog } from '../../src/exchange/register/change-log.ts'
import { base64 } from '../../src/protocol/digests.ts'
import { anchorFingerprint, writeAnchor } from '../../src/trust/anchor.ts'
import { profileClass } from '../../src/trust/profiles.ts'
import { centreCast, type TestCentre, testCentre } from '../exchange/centre/test-centre.ts'
import { issued } from '../trust/authority.ts'
import { der } from '../trust/example.ts'

const ISSUER = 'https://people.example/pool'
const DOCUMENT = CENTRE_API.document
type Asked = {
  readonly method: string
  readonly path: string
  readonly body?: unknown
  readonly claims?: Record<string, unknown> | null
  readonly headers?: Record<string, string>
}

/** A call as either kind of gateway hands it over. */
function event(payload: '1.0' | '2.0', { method, path, body, claims, headers = {} }: Asked): never {
  const [raw = '', query = ''] = path.split('?')
  const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body)
  if (payload === '2.0')
    return {
      version: '2.0',
      rawPath: `/admin${raw.replaceAll('%20', ' ')}`, // an HTTP API hands paths over decoded
      rawQueryString: query,
      headers,
      body: text,
      isBase64Encoded: false,
      requestContext: { http: { method }, ...(claims ? { authorizer: { jwt: { claims } } } : {}) },
    } as never
  const lists = (from: Iterable<[string, string]>) => Object.fromEntries([...from].map(([name, value]) => [name, [value]]))
  return {
    path: `/admin${raw}`,
    httpMethod: method,
    multiValueQueryStringParameters: query === '' ? null : lists(new URLSearchParams(query)),
    multiValueHeaders: lists(Object.entries(headers)),
    body: text ?? null,
    isBase64Encoded: false,
    requestContext: { identity: {}, ...(claims ? { authorizer: { claims } } : {}) },
  } as never
}
const claimsOf = (sub: string, ...roles: readonly string[]) => ({
  sub,
  iss: ISSUER,
  'cognito:groups': `[${roles.map((role) => `sacbe-${role}`).join(' ')}]`,
})
function door(centre: TestCentre, payload: '1.0' | '2.0' = '2.0') {
  const handler = adminHandler({ ...centre.ports, peopleIssuer: ISSUER, root: '/admin' })
  return async (asked: Asked) => {
    const answer = (await handler(event(payload, asked))) as { statusCode: number; body: string }
    const body = JSON.parse(Buffer.from(answer.body, 'base64').toString()) as Json
    return { status: answer.statusCode, body: body as never as Record<string, string> }
  }
}
const lastLine = async ({ ports }: TestCentre) => {
  const lines = await readLog(ports)
  return lines.ok ? lines.value.at(-1) : undefined
}

/** What each operation needs to be done once, in an order in which all can be. `two`: by a second person after that. */
async function script(): Promise<readonly { readonly id: string; readonly path: string; readonly body?: unknown }[]> {
  const { tsa } = await centreCast()
  const second = await issued('conf-dos', { use: 'root', subject: [['CN', 'conf dos']], algorithm: 'rsa-sha512' })
  const responders = [{ url: 'http://ca.example/ocsp', costType: 'FREE' }]
  const caBody = {
    name: 'CA dos',
    authenticationOnly: true,
    profile: profileClass('Basic'),
    top: { certificate: base64(der('x')), ocsp: responders },
    intermediates: [],
  }
  const anchor = writeAnchor({ instance: 'SOCIO', sources: [{ url: 'http://socio.example/externalconf', certificates: [der('socio')] }] })
  const settings = {
    instance: 'LAB',
    addresses: ['centro.example', '192.0.2.9'],
    provider: 'LAB/GOB/OPERADOR/GESTION',
    registrationUrl: 'https://centro.example:4001/managementservice/',
    policy: { configurationHours: 72, ocspFreshnessSeconds: 43_200, timeStampingIntervalSeconds: 60 },
    autoApprove: { authCertReg: false, clientReg: true, ownerChange: false },
  }
  return [
    { id: 'readStatus', path: '/status' },
    { id: 'readSettings', path: '/settings' },
    { id: 'changeSettings', path: '/settings', body: settings },
    { id: 'listMemberClasses', path: '/member-classes' },
    { id: 'putMemberClass', path: '/member-classes/ONG', body: { description: 'Asociaciones' } },
    { id: 'removeMemberClass', path: '/member-classes/ONG' },
    { id: 'addMember', path: '/members', body: { memberClass: 'GOB', memberCode: 'SALUD', name: 'Salud' } },
    { id: 'renameMember', path: '/members/GOB/SALUD', body: { name: 'Secretaría de Salud' } },
    { id: 'putSubsystem', path: '/members/GOB/SALUD/subsystems/CAMAS', body: { name: 'Camas' } },
    { id: 'listMembers', path: '/members' },
    { id: 'putGroup', path: '/groups/todos', body: { description: 'Todos' } },
    { id: 'joinGroup', path: '/groups/todos/members', body: { id: 'LAB/GOB/SALUD/CAMAS' } },
    { id: 'listGroups', path: '/groups' },
    { id: 'leaveGroup', path: '/groups/todos/departures', body: { id: 'LAB/GOB/SALUD/CAMAS' } },
    { id: 'removeGroup', path: '/groups/todos' },
    { id: 'removeSubsystem', path: '/members/GOB/SALUD/subsystems/CAMAS' },
    { id: 'removeMember', path: '/members/GOB/SALUD' },
    {
      id: 'addRequest',
      path: '/requests',
      body: { type: 'authCertReg', server: 'LAB/GOB/DIF/nodo', certificate: base64(der('auth DIF')), address: 'dif.example' },
    },
    { id: 'approveRequest', path: '/requests/1/approval' },
    {
      id: 'addRequest',
      path: '/requests',
      body: { type: 'clientReg', server: 'LAB/GOB/DIF/nodo', client: 'LAB/GOB/DIF/APOYOS', name: 'Apoyos' },
    },
    { id: 'declineRequest', path: '/requests/2/refusal', body: { reason: 'Falta el oficio' } },
    { id: 'addRequest', path: '/requests', body: { type: 'clientReg', server: 'LAB/GOB/DIF/nodo', client: 'LAB/GOB/DIF/APOYOS' } },
    { id: 'revokeRequest', path: '/requests/3/revocation' },
    { id: 'listRequests', path: '/requests?status=DECLINED' },
    { id: 'readRequest', path: '/requests/2' },
    { id: 'changeServerAddress', path: '/servers/GOB/DIF/nodo', body: { address: 'dif2.example' } },
    { id: 'listServers', path: '/servers' },
    {
      id: 'addDeletion',
      path: '/deletions',
      body: { type: 'authCertDeletion', server: 'LAB/GOB/DIF/nodo', certificate: base64(der('auth DIF')) },
    },
    { id: 'removeServer', path: '/servers/GOB/DIF/nodo' },
    { id: 'invite', path: '/invitations', body: { member: 'LAB/GOB/DIF', hours: 24 } },
    { id: 'listInvitations', path: '/invitations' },
    { id: 'withdrawInvitation', path: '/invitations/{invitationId}/withdrawal' },
    { id: 'listCertificationServices', path: '/certification-services' },
    { id: 'putCertificationService', path: '/certification-services', body: caBody },
    { id: 'removeCertificationService', path: '/certification-services/CA%20dos' },
    { id: 'listTimestampingServices', path: '/timestamping-services' },
    {
      id: 'putTimestampingService',
      path: '/timestamping-services',
      body: { name: 'TSA dos', url: 'http://tsa2.example', certificate: base64(tsa.certificate.der) },
    },
    { id: 'removeTimestampingService', path: '/timestamping-services/TSA%20dos' },
    { id: 'listSigningKeys', path: '/configuration/signing-keys' },
    {
      id: 'addSigningKey',
      path: '/configuration/signing-keys',
      body: { key: second.key, algorithm: 'rsa-sha512', certificate: base64(second.certificate.der) },
    },
    { id: 'switchSigningKey', path: '/configuration/signing-keys/{keyId}/activation' },
    { id: 'retireSigningKey', path: '/configuration/signing-keys/{leavingId}' },
    { id: 'readAnchor', path: '/configuration/anchors/external' },
    { id: 'putTrustedAnchor', path: '/federation', body: { file: base64(anchor), fingerprint: anchorFingerprint(anchor) } },
    { id: 'listTrustedAnchors', path: '/federation' },
    { id: 'removeTrustedAnchor', path: '/federation/SOCIO' },
    { id: 'declineProposal', path: '/proposals/{proposalId}/refusal', body: { reason: 'No hace falta' } },
    { id: 'listProposals', path: '/proposals' },
    { id: 'acknowledgeAlarm', path: '/alarms/{alarmId}/acknowledgement' },
    { id: 'readLog', path: '/log?after=3' },
  ]
}

describe('the administration API and its description', () => {
  test('every operation described is done once, each answer is as described, and nothing else is answered', async () => {
    const centre = await testCentre()
    const call = door(centre)
    const done = new Set<string>()
    const ids: Record<string, string> = {}
    const ana = claimsOf('ana', 'registration', 'security', 'system')
    const beto = claimsOf('beto', 'registration', 'security', 'system')
    const check = (id: string, status: number, body: unknown) => {
      const responses = (operationIn(DOCUMENT, id) as { responses: Record<string, JsonObject> }).responses
      const schema = (responses[String(status)] as { content: { 'application/json': { schema: Json } } } | undefined)?.content[
        'application/json'
      ].schema
      expect(schema, `${id} ${status}`).toBeDefined()
      expect(violationOf(schema as Json, body as Json, DOCUMENT, id), JSON.stringify(body).slice(0, 500)).toBeUndefined()
    }
    const gone = { method: 'DELETE', path: '/member-classes/NADIE' }
    for (const step of await script()) {
      const operation = OPERATIONS.find(({ id }) => id === step.id)
      if (!operation) throw new Error(step.id)
      if (step.id === 'declineProposal') {
        await call({ method: 'PUT', path: '/member-classes/NADIE', body: { description: 'x' }, claims: ana })
        ids.proposalId = (await call({ ...gone, claims: ana })).body.id as string
      }
      if (step.id === 'acknowledgeAlarm') {
        const broken = await call({ ...gone, path: `${gone.path}?breakGlass=urge`, claims: claimsOf('caro', 'security', 'break-glass') })
        expect(broken.status).toBe(200)
        ids.alarmId = ((await call({ method: 'GET', path: '/status', claims: ana })).body.alarms as never as { id: string }[])[0]
          ?.id as string
      }
      const path = step.path.replace(/\{(\w+)\}/, (_, name) => ids[name] ?? name)
      const who = ['approveRequest'].includes(step.id) ? beto : ana
      const answer = await call({ method: operation.method, path, body: step.body, claims: who })
      expect([step.id, answer.status, answer.status > 299 ? answer.body : '']).toEqual([
        step.id,
        operation.people === 2 ? 202 : operation.status,
        '',
      ])
      check(step.id, answer.status, answer.body)
      if (step.id === 'invite') ids.invitationId = answer.body.id as string
      if (operation.people === 2) {
        const approved = await call({ method: 'POST', path: `/proposals/${answer.body.id}/approval`, claims: beto })
        expect([step.id, approved.status, approved.status > 299 ? approved.body : '']).toEqual([step.id, 200, ''])
        check('approveProposal', 200, approved.body)
        done.add('approveProposal')
      }
      if (step.id === 'addSigningKey' || step.id === 'switchSigningKey') {
        const keys = (await call({ method: 'GET', path: '/configuration/signing-keys', claims: ana })).body as never as {
          id: string
          state: string
        }[]
        ids.keyId = keys.find(({ state }) => state === 'waiting')?.id ?? ''
        ids.leavingId = keys.find(({ state }) => state === 'leaving')?.id ?? ''
      }
      done.add(step.id)
    }
    const described = Object.values(DOCUMENT.paths as Record<string, Record<string, { operationId: string }>>).flatMap((at) =>
      Object.values(at).map(({ operationId }) => operationId),
    )
    expect([...done].sort()).toEqual([...described].sort())
    expect([...described].sort()).toEqual(OPERATIONS.map(({ id }) => id).sort())
    for (const [method, path, status] of [
      ['GET', '/nada', 404],
      ['PATCH', '/members', 405],
      ['GET', '/members/', 404],
      ['GET', '/members/GOB/DIF/x', 404],
      ['GET', '//members', 404],
    ] as const)
      expect([path, (await call({ method, path, claims: ana })).status]).toEqual([path, status])
  })

  test('the description itself is served to anybody, on either gateway, and is OpenAPI 3.1', async () => {
    const centre = await testCentre()
    for (const payload of ['1.0', '2.0'] as const) {
      const answer = await door(centre, payload)({ method: 'GET', path: '/openapi.json', claims: null })
      expect([answer.status, answer.body.openapi]).toEqual([200, '3.1.0'])
      expect(answer.body).toEqual(JSON.parse(JSON.stringify(DOCUMENT)))
    }
    const ids = OPERATIONS.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(new Set(OPERATIONS.map(({ method, path }) => `${method} ${path.replaceAll(/\{\w+\}/g, '{}')}`)).size).toBe(ids.length)
  })
})

const operationIn = (document: JsonObject, id: string): unknown =>
  Object.values(document.paths as Record<string, Record<string, { operationId: string }>>)
    .flatMap((at) => Object.values(at))
    .find(({ operationId }) => operationId === id)

describe('who may', () => {
  test('nobody who has not signed in, whose issuer is another, or who has no role', async () => {
    const centre = await testCentre()
    for (const payload of ['1.0', '2.0'] as const) {
      const call = door(centre, payload)
      for (const [claims, status] of [
        [null, 401],
        [{}, 401],
        [{ ...claimsOf('eva', 'registration'), iss: 'https://otra.example' }, 401],
        [{ ...claimsOf('eva', 'registration'), sub: 'e va' }, 401],
        [claimsOf('eva'), 403],
        [{ sub: 'eva', iss: ISSUER, 'cognito:groups': 'registration admin' }, 403],
      ] as const)
        for (const operation of OPERATIONS)
          expect([operation.id, (await call({ method: operation.method, path: operation.path, claims })).status]).toEqual([
            operation.id,
            status,
          ])
    }
  })
  test('exactly those whose role the description names: every role at every operation', async () => {
    const centre = await testCentre()
    const call = door(centre)
    for (const operation of OPERATIONS)
      for (const role of ['registration', 'security', 'system', 'auditor', 'break-glass'] as const) {
        const answer = await call({
          method: operation.method,
          path: operation.path.replaceAll(/\{\w+\}/g, 'nada'),
          claims: claimsOf('eva', role),
          body: operation.body ? {} : undefined,
        })
        expect([operation.id, role, answer.status === 403]).toEqual([operation.id, role, !operation.roles.includes(role)])
      }
  })
  test('what somebody may not is in the log, and changes nothing', async () => {
    const centre = await testCentre()
    const before = await centre.registry()
    const answer = await door(centre)({
      method: 'POST',
      path: '/members',
      body: { memberClass: 'GOB', memberCode: 'X', name: 'X' },
      claims: claimsOf('eva', 'auditor'),
    })
    expect(answer.status).toBe(403)
    expect(await lastLine(centre)).toMatchObject({
      who: { kind: 'person', id: 'eva' },
      what: 'addMember',
      refused: { code: 'access_denied' },
      changes: [],
    })
    expect(await centre.registry()).toEqual(before)
  })
  test('headers and query say nothing of who somebody is', async () => {
    const centre = await testCentre()
    const answer = await door(centre)({
      method: 'GET',
      path: '/status?sub=ana',
      claims: null,
      headers: { authorization: 'Bearer x', 'x-sub': 'ana' },
    })
    expect(answer.status).toBe(401)
  })
})

describe('an act that takes two people', () => {
  const remove = { method: 'DELETE', path: '/members/GOB/DIF' }
  const [ana, beto] = [claimsOf('ana', 'registration'), claimsOf('beto', 'registration')]
  const members = async (centre: TestCentre) => (await centre.registry()).filter(({ key }) => key.startsWith('registry/member/')).length

  test('waits until another approves it, who is in the log with the first', async () => {
    const centre = await testCentre()
    const call = door(centre)
    const proposed = await call({ ...remove, claims: ana })
    expect([proposed.status, await members(centre)]).toEqual([202, 3])
    const approval = { method: 'POST', path: `/proposals/${proposed.body.id}/approval` }
    expect((await call({ ...approval, claims: ana })).status).toBe(403)
    expect((await call({ ...approval, claims: claimsOf('caro', 'system') })).status).toBe(403)
    expect((await call({ ...approval, claims: beto })).status).toBe(200)
    expect(await members(centre)).toBe(2)
    expect(await lastLine(centre)).toMatchObject({ what: 'removeMember', who: { id: 'beto' }, with: { id: 'ana' } })
    expect((await call({ ...approval, claims: claimsOf('dora', 'registration') })).status).toBe(409)
  })
  test('is judged again when it is approved, and is not approved after its time', async () => {
    const centre = await testCentre()
    const call = door(centre)
    const first = await call({ ...remove, claims: ana })
    const second = await call({ ...remove, claims: ana })
    await call({ method: 'POST', path: `/proposals/${first.body.id}/approval`, claims: beto })
    expect((await call({ method: 'POST', path: `/proposals/${second.body.id}/approval`, claims: beto })).status).toBe(404)
    const late = await call({ method: 'DELETE', path: '/members/GOB/SEDESOQ', claims: ana })
    centre.wait(7 * 24 * 3_600_000)
    expect((await call({ method: 'POST', path: `/proposals/${late.body.id}/approval`, claims: beto })).status).toBe(409)
  })
  test('can be done by one who breaks the glass, loudly: an error in the log, an alarm until another has seen it', async () => {
    const centre = await testCentre()
    const call = door(centre)
    const broken = { ...remove, path: `${remove.path}?breakGlass=Clave%20robada` }
    expect((await call({ ...broken, claims: ana })).status).toBe(403)
    const caro = claimsOf('caro', 'registration', 'break-glass', 'security')
    expect((await call({ ...broken, claims: caro })).status).toBe(200)
    expect(await lastLine(centre)).toMatchObject({ what: 'removeMember', breakGlass: 'Clave robada', who: { id: 'caro' } })
    expect(centre.log.filter(({ level, event }) => level === 'error' && event === 'break_glass')).toHaveLength(1)
    const alarms = (await call({ method: 'GET', path: '/status', claims: ana })).body.alarms as never as { id: string; why: string }[]
    expect(alarms).toMatchObject([{ why: 'Clave robada', who: 'caro' }])
    const acknowledge = { method: 'POST', path: `/alarms/${alarms[0]?.id}/acknowledgement` }
    expect((await call({ ...acknowledge, claims: caro })).status).toBe(403)
    expect((await call({ ...acknowledge, claims: claimsOf('dora', 'auditor') })).status).toBe(200)
    expect((await call({ method: 'GET', path: '/status', claims: ana })).body.alarms).toEqual([])
  })
})

describe('a request that is not as described', () => {
  const ana = claimsOf('ana', 'registration', 'security', 'system')
  test.each([
    ['no body', 'POST', '/members', undefined],
    ['no JSON', 'POST', '/members', '{'],
    ['no object', 'POST', '/members', '[]'],
    ['a name too many', 'POST', '/members', { memberClass: 'GOB', memberCode: 'X', name: 'X', owner: 'yo' }],
    ['a name missing', 'POST', '/members', { memberClass: 'GOB', memberCode: 'X' }],
    ['a number for a text', 'POST', '/members', { memberClass: 'GOB', memberCode: 7, name: 'X' }],
    ['a code with a slash', 'POST', '/members', { memberClass: 'GOB', memberCode: 'a/b', name: 'X' }],
    ['a code with a blank', 'POST', '/members', { memberClass: 'GOB', memberCode: 'a b', name: 'X' }],
    ['a name with a control', 'POST', '/members', { memberClass: 'GOB', memberCode: 'X', name: 'a\u0000b' }],
    ['a class there is not', 'POST', '/members', { memberClass: 'ONG', memberCode: 'X', name: 'X' }],
    ['a member there is', 'POST', '/members', { memberClass: 'GOB', memberCode: 'DIF', name: 'X' }],
    ['nested without end', 'POST', '/members', `${'['.repeat(100)}${']'.repeat(100)}`],
    ['a body where none belongs', 'GET', '/status', {}],
    ['a query there is not', 'GET', '/status?x=1', undefined],
    ['a query twice', 'GET', '/requests?status=WAITING&status=WAITING', undefined],
    ['an address that is none', 'PATCH', '/servers/GOB/DIF/nodo', { address: 'http://dif.example/' }],
    [
      'a profile there is not',
      'POST',
      '/certification-services',
      { name: 'x', authenticationOnly: false, profile: 'x', top: { certificate: base64(der('x')), ocsp: [] }, intermediates: [] },
    ],
    [
      'a stamper whose certificate is no stamper’s',
      'POST',
      '/timestamping-services',
      { name: 'x', url: 'http://x.example', certificate: base64(der('x')) },
    ],
    [
      'an address with credentials',
      'POST',
      '/timestamping-services',
      { name: 'x', url: 'http://yo:clave@x.example', certificate: base64(der('x')) },
    ],
    [
      'another instance in the settings',
      'PUT',
      '/settings',
      {
        instance: 'OTRA',
        addresses: ['x.example'],
        provider: 'LAB/GOB/OPERADOR/GESTION',
        registrationUrl: 'https://x.example/',
        policy: { configurationHours: 96, ocspFreshnessSeconds: 43_200, timeStampingIntervalSeconds: 60 },
        autoApprove: { authCertReg: false, clientReg: false, ownerChange: false },
      },
    ],
  ])('%s is refused with a code and a reason, and changes nothing', async (_, method, path, body) => {
    const centre = await testCentre()
    const before = await centre.registry()
    const answer = await door(centre)({ method, path, body, claims: ana })
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.status).toBeLessThan(500)
    expect(answer.body.code).toMatch(/^[a-z_.]+$/)
    expect(answer.body.detail).not.toBe('')
    expect(await centre.registry()).toEqual(before)
    expect((await lastLine(centre))?.refused?.code).toBe(answer.body.code)
  })

  test('an act on what has changed since its author looked is refused', async () => {
    const centre = await testCentre()
    const call = door(centre)
    const seen = (await call({ method: 'GET', path: '/status', claims: ana })).body.log as never as { number: number }
    const add = (memberCode: string) =>
      call({
        method: 'POST',
        path: '/members',
        body: { memberClass: 'GOB', memberCode, name: 'X' },
        claims: ana,
        headers: { 'if-match': `"${seen.number}"` },
      })
    expect((await add('UNO')).status).toBe(201)
    expect((await add('DOS')).status).toBe(409)
  })
})
