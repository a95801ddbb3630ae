import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GetPublicKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { S3Client } from '@aws-sdk/client-s3'
import { SSMClient } from '@aws-sdk/client-ssm'
import { type Bundles, bundleDoors } from '../../lib/bundle.ts'
import type { DoorName } from '../../lib/doors.ts'
import type { Synthesized } from '../../lib/synth.ts'
import { dynamoStore } from '../../src/adapters/aws/dynamo-store.ts'
import { type LockedBucket, lockedBucket } from '../../src/adapters/aws/s3-locked.ts'
import { DAY, instant, later } from '../../src/base/clock.ts'
import type { Store } from '../../src/exchange/ports.ts'
import { issueCertificate } from '../../src/trust/issue.ts'
import { writeName } from '../../src/trust/names.ts'
import { smallest, synthesized } from '../lib/world.ts'
import { issued, sign } from '../trust/authority.ts'
import { awsThrough } from './account.ts'
import { centreEdge } from './centre-edge.ts'
import { type Emulators, REGION, ROOT, startEmulators } from './emulators.ts'
import { type Cloud, type Deployed, deploy } from './stacks.ts'
import { type StartedDoor, startWatched } from './watched-door.ts'

export type CentreDoor = 'ca' | 'ocsp' | 'tsa' | 'conf' | 'admin'
const ROLES: Readonly<Record<CentreDoor, string>> = { ca: 'Ca', ocsp: 'Ocsp', tsa: 'Tsa', conf: 'Conf', admin: 'Admin' }
export const MANAGER = 'QRO/GOB/CENTRO/GESTION'

export type Answered = { readonly status: number; readonly body: never }
export type AwsCentre = {
  readonly url: string
  readonly stack: Deployed
  readonly doors: Readonly<Record<CentreDoor, StartedDoor>>
  /** Its table and its bucket, in the hands of the account's root. */
  readonly store: Store
  readonly files: LockedBucket
  /** Certificates of the issuing authority as the offline root makes them: DER, base64. */
  readonly byTheRoot: (name: string) => Promise<string>
  /** A call to the administration, as a person of the pool with these roles. */
  readonly as: (person: string, ...roles: readonly string[]) => (method: string, path: string, body?: object) => Promise<Answered>
}
export type CentreWorld = {
  readonly emulators: Emulators
  readonly cloud: Cloud
  readonly bundles: Bundles
  readonly templates: readonly Synthesized[]
  readonly centre: AwsCentre
  /** What was opened is closed in the opposite order. */
  readonly closers: (() => unknown)[]
  readonly close: () => Promise<void>
}

/** A centre in AWS as far as it can be had here, from its template: each door its bundle in a process of its own, with the credentials of its role. */
export async function openCentreWorld(): Promise<CentreWorld> {
  const closers: (() => unknown)[] = []
  const close = async () => {
    for (const one of closers.splice(0).reverse()) await one()
  }
  try {
    const folder = mkdtempSync(join(tmpdir(), 'sacbe-centre-'))
    closers.push(() => rmSync(folder, { recursive: true, force: true }))
    const emulators = await startEmulators({ second: false })
    closers.push(emulators.stop)
    const bundles = bundleDoors(join(import.meta.dirname, '..', '..'), join(folder, 'bundles'))
    const { templates } = synthesized(smallest, bundles)
    const options = { endpoint: emulators.ministack, region: REGION, credentials: ROOT, forcePathStyle: true }
    const cloud = { endpoint: emulators.ministack, s3: new S3Client(options), ssm: new SSMClient(options) }
    const centre = await openCentre({ emulators, bundles, templates, cloud, closers })
    return { emulators, cloud, bundles, templates, centre, closers, close }
  } catch (problem) {
    await close()
    throw problem
  }
}

type Opening = Pick<CentreWorld, 'emulators' | 'bundles' | 'templates' | 'cloud' | 'closers'>

async function openCentre({ emulators, bundles, templates, cloud, closers }: Opening): Promise<AwsCentre> {
  const template = templates.find(({ stage }) => stage === 'test-central')
  if (!template) throw new Error('no template of the centre')
  const stack = await deploy(template, 'central', cloud)
  const doors: Partial<Record<CentreDoor, StartedDoor>> = {}
  const tokens = new Map<string, object>()
  const edge = centreEdge(template, doors as Record<CentreDoor, StartedDoor>, (token) => tokens.get(token))
  await new Promise<void>((resolve) => edge.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    edge.closeAllConnections()
    return new Promise((resolve) => edge.close(resolve))
  })
  const url = `http://localhost:${(edge.address() as AddressInfo).port}`
  for (const name of Object.keys(ROLES) as CentreDoor[]) {
    const given = await stack.settingsOf(ROLES[name])
    const instead: Record<string, string> = given.CENTRE_URL === undefined ? {} : { CENTRE_URL: url }
    const door = await startWatched({ emulators, stack, role: ROLES[name], bundle: bundles.get(name as DoorName), instead })
    closers.push(door.kill, door.proxy.close)
    doors[name] = door
  }
  const settings = await stack.settingsOf('Admin')
  const root = awsThrough(emulators.ministack, ROOT)
  const claims = (sub: string, roles: readonly string[]) => ({
    sub,
    iss: settings.PEOPLE_ISSUER,
    'cognito:groups': `[${roles.map((role) => `sacbe-${role}`).join(' ')}]`,
  })
  return {
    url,
    stack,
    doors: doors as Record<CentreDoor, StartedDoor>,
    store: dynamoStore(root, settings.REGISTRY_TABLE ?? ''),
    files: lockedBucket(root, settings.PUBLICATION_BUCKET ?? '', 20_000),
    byTheRoot: await offlineRoot(cloud.endpoint, stack.physical('AWS::KMS::Key', 'CaKey')),
    as: (person, ...roles) => {
      tokens.set(person, claims(person, roles))
      return async (method, path, body) => {
        const headers = { authorization: `Bearer ${person}` }
        const answer = await fetch(`${url}/admin${path}`, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) })
        return { status: answer.status, body: (await answer.json()) as never }
      }
    },
  }
}

/** The root of the certification authority, which no cloud ever holds: it certifies the public half of a key that it reads there. */
async function offlineRoot(endpoint: string, key: string): Promise<(name: string) => Promise<string>> {
  const root = await issued('aws-root', { use: 'root', subject: [['CN', 'Raíz QRO']], notAfter: later(instant(Date.now()), 3650 * DAY) })
  const kms = new KMSClient({ endpoint, region: REGION, credentials: ROOT })
  const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId: key }))
  let serial = 1n
  return async (name) => {
    const now = instant(Date.now())
    const order = {
      use: 'issuing',
      serial: ++serial,
      subject: writeName([['CN', name]]),
      publicKey: Buffer.from(PublicKey ?? []),
      notBefore: later(now, -DAY),
      notAfter: later(now, 3000 * DAY),
    } as const
    return Buffer.from(await issueCertificate(order, root, sign)).toString('base64')
  }
}

/** A server on loopback for what belongs to an agency itself; where it answers. */
export async function serviceOn(
  closers: (() => unknown)[],
  answer: (url: string, body: Buffer) => { type: string; text: string },
): Promise<string> {
  const service = createServer(async (call, response) => {
    const body = Buffer.concat((await call.toArray()) as Buffer[])
    const { type, text } = answer(call.url ?? '', body)
    response.setHeader('Content-Type', type).end(text)
  })
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve))
  closers.push(() => service.close())
  return `http://127.0.0.1:${(service.address() as AddressInfo).port}`
}
