import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { GetParameterCommand } from '@aws-sdk/client-ssm'
import { stackName } from '../../lib/names.ts'
import { dynamoStore } from '../../src/adapters/aws/dynamo-store.ts'
import { type LockedBucket, lockedBucket } from '../../src/adapters/aws/s3-locked.ts'
import type { Store } from '../../src/exchange/ports.ts'
import { NODE, readStoredNode } from '../../src/exchange/stored-node.ts'
import { type ClientId, formatId } from '../../src/protocol/identifiers.ts'
import { writePem } from '../../src/trust/pem.ts'
import { smallest } from '../lib/world.ts'
import { awsThrough } from './account.ts'
import type { Inside } from './agencies.ts'
import type { CentreWorld } from './centre-world.ts'
import { ROOT } from './emulators.ts'
import { type Deployed, deploy } from './stacks.ts'
import { type Said, sacbe } from './terminal.ts'
import { type StartedDoor, startWatched } from './watched-door.ts'

export type NodeDoor = 'enrol' | 'consume' | 'provide' | 'archive' | 'refresh-trust'
const ROLES: Readonly<Record<NodeDoor, string>> = {
  enrol: 'Enrol',
  consume: 'Consume',
  provide: 'Provide',
  archive: 'Archive',
  'refresh-trust': 'RefreshTrust',
}

/** An agency's node before it is let in: its stack, its doors, and nothing it knows. */
export type NewNode = {
  readonly client: ClientId
  readonly stack: Deployed
  readonly doors: Readonly<Record<NodeDoor, StartedDoor>>
  readonly store: Store
  readonly files: LockedBucket
  /** Where its own systems reach it. */
  readonly consumer: () => number
  /** Its consumers' door in a new process, as Lambda starts one: what it is told it reads anew. */
  readonly renewConsumer: () => Promise<void>
  /** Opens its edge for peers, with the key and certificate that enrolment left; its address. */
  readonly openToPeers: () => Promise<string>
  /** Its services lie on this machine, where no node in the cloud may reach: its operator’s list, which no command sets. */
  readonly mayReachThisMachine: () => Promise<void>
  /** `sacbe rights …` of its own people, at their terminal. */
  readonly administer: (person: string, ...words: readonly string[]) => Promise<Said>
}

export async function openNewNode(world: CentreWorld, client: ClientId, system: Inside): Promise<NewNode> {
  const { emulators, bundles, templates, cloud, closers } = world
  const id = client.memberCode.toLowerCase()
  const template = templates.find(({ stage }) => stage === `test-${id}`)
  if (!template) throw new Error(`no template for ${id}`)
  const stack = await deploy(template, stackName({ name: 'test' }, id), cloud)
  const config = configurationFile(closers)
  const doors: Partial<Record<NodeDoor, StartedDoor>> = {}
  const start = async (name: NodeDoor): Promise<void> => {
    const door = await startWatched({ emulators, stack, role: ROLES[name], bundle: bundles.get(name) })
    closers.push(door.kill, door.proxy.close)
    doors[name] = door
  }
  for (const name of Object.keys(ROLES) as NodeDoor[]) await start(name)
  const all = doors as Record<NodeDoor, StartedDoor>
  const listen = () => all.consume.listen({ edge: 'rest', ...system.door, clientCertificate: 'requested' })
  let port = await listen()
  const settings = await stack.settingsOf('Consume')
  const root = awsThrough(emulators.ministack, ROOT)
  const store = dynamoStore(root, settings.NODE_TABLE ?? '')
  return {
    client,
    stack,
    doors: all,
    store,
    files: lockedBucket(root, settings.EVIDENCE_BUCKET ?? '', 20_000),
    consumer: () => port,
    renewConsumer: async () => {
      await all.consume.kill()
      await start('consume')
      port = await listen()
    },
    openToPeers: async () => {
      const { Parameter } = await cloud.ssm.send(new GetParameterCommand({ Name: settings.AUTHENTICATION_PARAMETER, WithDecryption: true }))
      const { configuration } = await nodeIn(store)
      const certificate = writePem('CERTIFICATE', configuration.authentication.certificate)
      const port = await all.provide.listen({ edge: 'http', certificate, key: Parameter?.Value ?? '', clientCertificate: 'required' })
      return `localhost:${port}`
    },
    mayReachThisMachine: async () => {
      const self = await store.get<object>('node/self')
      if (!self) throw new Error('the node is not enrolled')
      await store.put('node/self', { ...self.value, reach: ['127.0.0.1'] }, self.version)
    },
    administer: (person, ...words) =>
      sacbe(['rights', ...words, '--cloud', id, '--as', person, '--json', '--config', config], { endpoint: emulators.ministack }),
  }
}

/** What describes the exchange that the templates were made of. */
function configurationFile(closers: CentreWorld['closers']): string {
  const folder = mkdtempSync(join(tmpdir(), 'sacbe-configuration-'))
  closers.push(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'exchange.config.ts')
  writeFileSync(file, `export default ${JSON.stringify(smallest)}`)
  return file
}

async function nodeIn(store: Store) {
  const node = readStoredNode(await store.query(NODE))
  if (!node.ok) throw new Error(node.fault.detail)
  return node.value
}

export const serverOf = ({ client }: NewNode): string =>
  join(formatId({ ...client, subsystemCode: undefined } as unknown as ClientId), 'nodo')
