import { createPublicKey, generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GetPublicKeyCommand, KMSClient } from '@aws-sdk/client-kms'
import { S3Client } from '@aws-sdk/client-s3'
import { PutParameterCommand, SSMClient } from '@aws-sdk/client-ssm'
import { bundleDoors } from '../../lib/bundle.ts'
import type { Synthesized } from '../../lib/synth.ts'
import { dynamoStore } from '../../src/adapters/aws/dynamo-store.ts'
import { type LockedBucket, lockedBucket } from '../../src/adapters/aws/s3-locked.ts'
import { instant } from '../../src/base/clock.ts'
import type { NodeService } from '../../src/exchange/node-configuration.ts'
import { type NodeToStore, storedNode } from '../../src/exchange/stored-node.ts'
import { type Centre, startCentre } from '../../src/local/centre.ts'
import { type ClientId, type MemberId, memberOf, type ServerId } from '../../src/protocol/identifiers.ts'
import { WHOLE_SERVICE } from '../../src/trust/access.ts'
import { writeAnchor } from '../../src/trust/anchor.ts'
import { writePem } from '../../src/trust/pem.ts'
import { authenticationSubject, signingSubject } from '../../src/trust/subjects.ts'
import { smallest, synthesized } from '../lib/world.ts'
import { awsThrough } from './account.ts'
import { callThrough, DIF, type Inside, insideDif, REST, type Reply, SEDESOQ, SOAP, serviceAt, soapAnswer } from './agencies.ts'
import { type Emulators, REGION, ROOT, startEmulators } from './emulators.ts'
import { type Deployed, deploy } from './stacks.ts'
import { type StartedDoor, startWatched } from './watched-door.ts'

export { DIF, REST, SEDESOQ, SOAP }

export type DoorName = 'consume' | 'provide' | 'archive' | 'refresh-trust'
export type WatchedDoor = StartedDoor & { readonly port: number }
export type AwsNode = {
  readonly stack: Deployed
  readonly settings: Readonly<Record<string, string>>
  readonly files: LockedBucket
  readonly doors: Readonly<Record<DoorName, WatchedDoor>>
  /** Starts a door anew, as Lambda does after one died; the node forgets the old one. */
  readonly restart: (door: DoorName) => Promise<WatchedDoor>
}
export type AwsWorld = {
  readonly emulators: Emulators
  readonly centre: Centre
  readonly dif: AwsNode
  readonly sedesoq: AwsNode
  readonly serviceCalls: { readonly url: string; readonly body: Buffer }[]
  /** A call of DIF's information system at its node's door. */
  readonly call: (path: string, options?: { method?: string; headers?: Record<string, string>; body?: string }) => Promise<Reply>
  readonly close: () => Promise<void>
}

const ROLES: Readonly<Record<DoorName, string>> = {
  consume: 'Consume',
  provide: 'Provide',
  archive: 'Archive',
  'refresh-trust': 'RefreshTrust',
}
export const ROOT_FOLDER = join(import.meta.dirname, '..', '..')

/**
 * Two agencies in AWS as far as it can be had here: their synthesized stacks deployed by an emulator, which enforces the roles, the key's,
 * queue's and bucket's policies; each door a bundle in its own process with its role's credentials; our listener for the edges, which no
 * emulator models. The centre is the local one, the agency's service a plain HTTP server.
 */
export async function openAwsWorld(): Promise<AwsWorld> {
  const closers: Closers = []
  const close = async () => {
    for (const one of closers.splice(0).reverse()) await one()
  }
  try {
    return { ...(await open(closers)), close }
  } catch (problem) {
    await close()
    throw problem
  }
}
type Closers = (() => Promise<unknown> | unknown)[]

async function open(closers: Closers): Promise<Omit<AwsWorld, 'close'>> {
  const folder = mkdtempSync(join(tmpdir(), 'sacbe-aws-'))
  closers.push(() => rmSync(folder, { recursive: true, force: true }))
  const emulators = await startEmulators()
  closers.push(emulators.stop)
  const bundles = bundleDoors(ROOT_FOLDER, join(folder, 'bundles'))
  const { templates } = synthesized(smallest, bundles)
  const centre = await startCentre({
    folder: join(folder, 'centre'),
    passphrase: 'nopal azul',
    instance: 'QRO',
    manager: DIF,
    port: 0,
    ports: 1,
    now: () => instant(Date.now()),
    log: () => {},
  })
  if (!centre.ok) throw new Error(centre.fault.en)
  closers.push(centre.value.close)
  const serviceCalls: AwsWorld['serviceCalls'] = []
  const service = createServer(async (call, answer) => {
    const body = Buffer.concat((await call.toArray()) as Buffer[])
    serviceCalls.push({ url: call.url ?? '', body })
    if (call.url === '/soap') answer.setHeader('Content-Type', 'text/xml; charset=utf-8').end(soapAnswer(body))
    else answer.setHeader('Content-Type', 'application/json').end(JSON.stringify({ url: call.url, octets: body.length }))
  })
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve))
  closers.push(() => service.close())
  const at = `http://127.0.0.1:${(service.address() as AddressInfo).port}`
  const system = await insideDif()
  const make = (client: ClientId, more: Partial<Parameters<typeof openNode>[0]>) =>
    openNode({ emulators, centre: centre.value, templates, bundles, client, closers, system, services: [], ...more })
  const dif = await make(DIF, {})
  const sedesoq = await make(SEDESOQ, { services: [serviceAt(REST, 'REST', at), serviceAt(SOAP, 'WSDL', `${at}/soap`)] })
  await centre.value.change((registry) => ({
    ...registry,
    memberClasses: [{ code: 'GOB', description: 'Gobierno' }],
    members: [DIF, SEDESOQ].map((id) => ({
      id: memberOf(id),
      name: id.memberCode,
      classDescription: 'Gobierno',
      subsystems: [{ id }],
    })),
    servers: [dif, sedesoq].map(({ registered }) => registered),
  }))
  return {
    emulators,
    centre: centre.value,
    dif: dif.node,
    sedesoq: sedesoq.node,
    serviceCalls,
    call: (path, options = {}) => callThrough(dif.node.doors.consume.port, system, path, options),
  }
}

type NodeOptions = {
  readonly emulators: Emulators
  readonly centre: Centre
  readonly templates: readonly Synthesized[]
  readonly bundles: ReturnType<typeof bundleDoors>
  readonly client: ClientId
  readonly services: readonly NodeService[]
  readonly system: Inside
  readonly closers: Closers
}

async function openNode({ emulators, centre, templates, bundles, client, services, system, closers }: NodeOptions) {
  const clientOptions = { endpoint: emulators.ministack, region: REGION, credentials: ROOT, forcePathStyle: true }
  const cloud = { endpoint: emulators.ministack, s3: new S3Client(clientOptions), ssm: new SSMClient(clientOptions) }
  const id = client.memberCode.toLowerCase()
  const synth = templates.find(({ stage }) => stage === `test-${id}`)
  if (!synth) throw new Error(`no template for ${id}`)
  const stack = await deploy(synth, id, cloud)
  const settings = await stack.settingsOf('Consume')
  const server: ServerId = { ...memberOf(client), serverCode: 'nodo' }
  const { certificate: authentication, key: tlsKey } = await tlsIdentity(server, centre)
  await cloud.ssm.send(new PutParameterCommand({ Name: settings.AUTHENTICATION_PARAMETER, Value: tlsKey, Type: 'SecureString' }))
  const arn = `arn:aws:kms:${REGION}:${ROOT.accessKeyId}:key/${stack.physical('AWS::KMS::Key')}`
  const signing = {
    key: arn,
    algorithm: 'rsa-sha512',
    certificate: await signingCertificate(arn, memberOf(client), centre, cloud.endpoint),
    intermediates: [],
  } as const
  const root = awsThrough(emulators.ministack, ROOT)
  const store = dynamoStore(root, settings.NODE_TABLE ?? '')
  const configuration: NodeToStore = {
    server,
    authentication: { certificate: authentication, intermediates: [] },
    clients: [{ id: client, connection: 'SSLAUTH', certificates: [system.hash], signing }],
    services,
    rights: services.map(({ id: service }) => ({ service, subject: { kind: 'client', id: DIF } as const, endpoint: WHOLE_SERVICE })),
    policies: [],
    reach: ['127.0.0.1'],
  }
  for (const { key, value } of storedNode(configuration, writeAnchor(centre.anchor))) await store.put(key, value, 0)
  const peer = { certificate: writePem('CERTIFICATE', authentication), key: tlsKey }
  const doors = {} as Record<DoorName, WatchedDoor>
  const start = async (name: DoorName): Promise<WatchedDoor> => {
    const door = await startWatched({ emulators, stack, role: ROLES[name], bundle: bundles.get(name) })
    closers.push(door.kill, door.proxy.close)
    const port =
      name === 'consume'
        ? await door.listen({ edge: 'rest', ...system.door, clientCertificate: 'requested' })
        : name === 'provide'
          ? await door.listen({ edge: 'http', ...peer, clientCertificate: 'required' })
          : 0
    doors[name] = { ...door, port }
    return doors[name]
  }
  for (const name of Object.keys(ROLES) as DoorName[]) await start(name)
  const node: AwsNode = {
    stack,
    settings,
    files: lockedBucket(root, settings.EVIDENCE_BUCKET ?? '', 20_000),
    doors,
    restart: async (name) => {
      await doors[name].kill()
      return start(name)
    },
  }
  const registered = {
    id: server,
    address: `localhost:${doors.provide.port}`,
    authenticationCertificates: [Buffer.from(authentication).toString('base64')],
    clients: [client],
  }
  return { node, registered }
}

async function tlsIdentity(server: ServerId, centre: Centre) {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const wish = {
    use: 'authentication',
    subject: authenticationSubject('Basic', server, server.memberCode, 'localhost'),
    publicKey: publicKey.export({ type: 'spki', format: 'der' }),
    names: { dns: ['localhost'] },
  } as const
  const { der } = await centre.issue(wish)
  return { certificate: der, key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() }
}

async function signingCertificate(arn: string, member: MemberId, centre: Centre, endpoint: string): Promise<Uint8Array> {
  const kms = new KMSClient({ endpoint, region: REGION, credentials: ROOT })
  const { PublicKey } = await kms.send(new GetPublicKeyCommand({ KeyId: arn }))
  const publicKey = createPublicKey({ key: Buffer.from(PublicKey ?? []), format: 'der', type: 'spki' }).export({
    type: 'spki',
    format: 'der',
  })
  return (await centre.issue({ use: 'signing', subject: signingSubject('Basic', member, member.memberCode), publicKey })).der
}
