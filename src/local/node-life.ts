import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { stampOverHttp } from '../adapters/http/stamp.ts'
import type { Keys } from '../adapters/local/keys.ts'
import type { NodeStore } from '../adapters/local/node-store.ts'
import type { Instant } from '../base/clock.ts'
import type { ArchiveRun } from '../exchange/archive.ts'
import { activeOf, FIRST_AUTHENTICATION, type Identity, identityIn, USUAL_PACE, withIdentity } from '../exchange/life/identity.ts'
import { type Tended, tend } from '../exchange/life/tend.ts'
import type { NodeConfiguration } from '../exchange/node-configuration.ts'
import { gate, noteSealing } from '../exchange/watch/gate.ts'
import { judgeWitness } from '../exchange/watch/witness.ts'
import { readAnchor } from '../trust/anchor.ts'
import { keyMaker } from './authorities.ts'
import { keepCredentials } from './credentials.ts'
import { must } from './node-file.ts'
import type { NodePorts } from './node-ports.ts'

/** What a node holds of its identity while it runs. */
export type HeldIdentity = {
  /** The configuration with the certificates in use. */
  readonly onto: (configuration: NodeConfiguration) => NodeConfiguration
  /** The name of the TLS key in use. */
  readonly tlsKey: () => string
  /** Reads again what is in the store. */
  readonly reread: () => Promise<void>
}

export async function heldIdentity({ store }: NodeStore): Promise<HeldIdentity> {
  let identity: Identity = (await identityIn(store)).identity
  return {
    onto: (configuration) => withIdentity(configuration, identity),
    tlsKey: () => activeOf(identity, 'authentication', '')?.key ?? FIRST_AUTHENTICATION,
    reread: async () => {
      identity = (await identityIn(store)).identity
    },
  }
}

export type LifeOptions = {
  readonly folder: string
  readonly keys: Keys
  readonly ports: NodePorts
  readonly held: HeldIdentity
  /** Who stamps the daily head, when it is not the exchange. */
  readonly witness?: string | undefined
  /** Shows the doors the certificates in use. */
  readonly present: () => Promise<void>
}

/** What a node does of itself. `noteArchive` hears of every run of the archive; the gates are what its doors sign by. */
export function nodeLife({ folder, keys, ports, held, witness, present }: LifeOptions) {
  const anchor = must(readAnchor(readFileSync(join(folder, 'anchor.xml'))))
  const tended: Tended = new Map<string, Instant>()
  const { longestStampDelay } = USUAL_PACE
  const life = {
    ...ports,
    newId: randomUUID,
    centreUrl: new URL(anchor.sources[0]?.url ?? 'http://localhost').origin,
    makeKey: keyMaker(keys),
    pace: USUAL_PACE,
    witness:
      witness === undefined ? ports.stamp : stampOverHttp(ports.fetchUrl, ports.trust, ports.log, judgeWitness(ports.now), [witness]),
    present: async () => {
      await held.reread()
      await present()
    },
    keepCredentials: () => keepCredentials(folder, keys, ports),
  }
  return {
    gates: gate({ ...ports, longestStampDelay }),
    tend: () => tend(life, tended),
    noteArchive: (run: ArchiveRun) =>
      run.busy ? Promise.resolve() : noteSealing(run.waiting?.path.join('.'), { ...ports, longestStampDelay }),
  }
}
