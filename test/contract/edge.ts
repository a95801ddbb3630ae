import { randomUUID } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { certificatesInAcm } from '../../src/adapters/aws/acm.ts'
import { apiDomains } from '../../src/adapters/aws/api-domains.ts'
import type { Aws } from '../../src/adapters/aws/aws.ts'
import { publicKeyInKms } from '../../src/adapters/aws/kms-public-key.ts'
import { keyInParameter } from '../../src/adapters/aws/ssm-key.ts'
import { makeKeyInParameter, pemOf, spkiOf } from '../../src/adapters/aws/ssm-new-key.ts'
import { zoneNames } from '../../src/adapters/aws/zone-names.ts'
import { DAY, instant, later } from '../../src/base/clock.ts'
import type { DesiredDomain } from '../../src/exchange/edge/steps.ts'
import { issueCertificate } from '../../src/trust/issue.ts'
import { writeName } from '../../src/trust/names.ts'
import type { Account } from '../aws/account.ts'
import type { Emulators } from '../aws/emulators.ts'
import { query, rootSays, textIn } from '../aws/roles.ts'
import { issued, NOON, privateKeyOf, sign } from '../trust/authority.ts'

type Under = { readonly aws: Aws; readonly emulators: Emulators; readonly made: Account }
const BUCKET = 'evidence-of-dif'

/** As root, whose word the emulator takes. */
async function rooted(emulators: Emulators, service: string, path: string, method: string, body?: string, type = 'application/json') {
  const headers = { authorization: rootSays(service), 'content-type': type }
  const answer = await fetch(`${emulators.endpointOf(service)}${path}`, { method, headers, ...(body === undefined ? {} : { body }) })
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`)
  return answer.text()
}

/** What the doors of enrolment and of the edge ask of AWS, against emulators that model it: all but the connections themselves. */
export function edgeContract(under: () => Under): void {
  describe('a custom domain of API Gateway', () => {
    const name = `${randomUUID()}.example`
    let [http, other] = ['', '']
    const domains = () => apiDomains(under().aws, BUCKET)
    const wanted = (): DesiredDomain => ({
      name,
      api: http,
      stage: '$default',
      certificate: 'arn:one',
      ownership: 'arn:p',
      trustStore: 'truststore/1.pem',
    })
    beforeAll(async () => {
      for (const which of ['one', 'two']) {
        const api = JSON.parse(
          await rooted(under().emulators, 'apigateway', '/v2/apis', 'POST', JSON.stringify({ name: which, protocolType: 'HTTP' })),
        ) as { apiId: string }
        const stage = JSON.stringify({ stageName: '$default', autoDeploy: true })
        await rooted(under().emulators, 'apigateway', `/v2/apis/${api.apiId}/stages`, 'POST', stage)
        if (which === 'one') http = api.apiId
        else other = api.apiId
      }
    })

    test('that is not there is not there', async () => expect(await domains().domain('nobody.example')).toBeUndefined())

    test('is made with its certificates and its trust store, and making it twice is as good as once', async () => {
      await domains().createDomain(wanted())
      await domains().createDomain(wanted())
      const { target, ...rest } = (await domains().domain(name)) ?? { target: undefined }
      expect(rest).toEqual({
        status: 'AVAILABLE',
        certificate: 'arn:one',
        ownership: 'arn:p',
        trustStore: 'truststore/1.pem',
        warnings: [],
      })
      expect(target?.host).toMatch(/execute-api/)
      expect(target?.zone).not.toBe('')
    })

    test('takes another certificate and another trust store', async () => {
      await domains().updateDomain({ ...wanted(), certificate: 'arn:two', trustStore: 'truststore/2.pem' })
      expect(await domains().domain(name)).toMatchObject({ certificate: 'arn:two', ownership: 'arn:p', trustStore: 'truststore/2.pem' })
    })

    test('is mapped to an API, and to another in its place', async () => {
      await domains().map(wanted(), undefined)
      const { mapping } = (await domains().domain(name)) ?? {}
      expect(mapping).toMatchObject({ api: http, stage: '$default' })
      await domains().map({ ...wanted(), api: other }, mapping)
      expect((await domains().domain(name))?.mapping).toEqual({ id: mapping?.id, api: other, stage: '$default' })
    })
  })

  describe('names in a zone', () => {
    test('are written by the role that may, twice as well as once', async () => {
      const { aws, emulators } = under()
      const body = `<CreateHostedZoneRequest xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><Name>example</Name><CallerReference>${randomUUID()}</CallerReference></CreateHostedZoneRequest>`
      const zone = textIn(await rooted(emulators, 'route53', '/2013-04-01/hostedzone', 'POST', body, 'application/xml'), 'Id').replace(
        /^.*\//,
        '',
      )
      const trust = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:AssumeRole' }] }
      const may = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'route53:ChangeResourceRecordSets', Resource: '*' }] }
      const RoleName = `names-${randomUUID()}`
      const iam = emulators.endpointOf('iam')
      const role = await query(iam, 'iam', { Action: 'CreateRole', RoleName, AssumeRolePolicyDocument: JSON.stringify(trust) })
      await query(iam, 'iam', { Action: 'PutRolePolicy', RoleName, PolicyName: 'names', PolicyDocument: JSON.stringify(may) })
      const write = zoneNames(aws, textIn(role, 'Arn'))
      await write(zone, { kind: 'alias', name: 'dif.example', host: 'd-1.execute-api.example', zone: 'Z1' })
      await write(zone, { kind: 'alias', name: 'dif.example', host: 'd-2.execute-api.example', zone: 'Z1' })
      await write(zone, { kind: 'proof', name: '_a.dif.example.', value: '_b.acm.example.' })
      const listed = await rooted(emulators, 'route53', `/2013-04-01/hostedzone/${zone}/rrset`, 'GET')
      expect(listed).toContain('d-2.execute-api.example')
      expect(listed).not.toContain('d-1.execute-api.example')
      expect(listed).toContain('_b.acm.example.')
      await expect(write('Z0NOBODY', { kind: 'proof', name: '_a.dif.example.', value: 'x' })).rejects.toThrow('NoSuchHostedZone')
    })
  })

  describe('certificates in ACM', () => {
    test('are brought in with their key, each time as a new one; public ones are asked for and proved', async () => {
      const acm = certificatesInAcm(under().aws, 'dif')
      const ca = await issued('acm-ca', { use: 'root', subject: [['CN', 'CA']] })
      const own = await issued('acm-own', { use: 'authentication', subject: [['CN', 'dif']] }, ca)
      const bring = () => acm.importCertificate(own.certificate.der, [ca.certificate.der], pemOf(privateKeyOf('acm-own')))
      const [one, two] = [await bring(), await bring()]
      expect(one).toMatch(/^arn:aws:acm:/)
      expect(two).not.toBe(one)
      const arn = await acm.requestPublic('dif.example')
      expect(await acm.describePublic(arn)).toMatchObject({
        status: 'ISSUED',
        proof: { name: expect.stringContaining('dif.example') },
      })
    })
  })

  describe('a TLS key in SSM', () => {
    test('is made and written, and the one before it stays; the door that connects finds either', async () => {
      const { aws } = under()
      const name = `/sacbe/test/${randomUUID()}/authentication`
      const ca = await issued('ssm-own-ca', { use: 'root', subject: [['CN', 'CA']] })
      const first = await makeKeyInParameter(aws, name)
      const others = [await makeKeyInParameter(aws, name), await makeKeyInParameter(aws, name)]
      const keyOf = keyInParameter(aws, name, () => instant(0))
      for (const key of [first, ...others]) {
        const period = { notBefore: NOON, notAfter: later(NOON, DAY) }
        const subject = writeName([['CN', 'dif']])
        const der = await issueCertificate({ use: 'authentication', serial: 77n, subject, publicKey: spkiOf(key), ...period }, ca, sign)
        expect((await keyOf(der)).equals(key)).toBe(true)
      }
      await expect(keyOf(ca.certificate.der)).rejects.toThrow('holds no key')
    })
  })

  describe('a key in KMS', () => {
    test('gives its public half', async () => {
      const { arn, publicKey } = await under().made.key()
      expect(Buffer.from(await publicKeyInKms(under().aws, arn))).toEqual(publicKey.export({ type: 'spki', format: 'der' }))
    })
  })
}
