import { randomUUID } from 'node:crypto'
import { certificatesInAcm } from '../../src/adapters/aws/acm.ts'
import { PATIENT_MS } from '../../src/adapters/aws/aws.ts'
import { dynamoStore } from '../../src/adapters/aws/dynamo-store.ts'
import { awsFromEnvironment, machineNow, RUNTIME_SETTINGS } from '../../src/adapters/aws/environment.ts'
import { jsonLog } from '../../src/adapters/aws/json-log.ts'
import { publicKeyInKms } from '../../src/adapters/aws/kms-public-key.ts'
import { newTlsKey } from '../../src/adapters/aws/new-tls-key.ts'
import { lockedBucket } from '../../src/adapters/aws/s3-locked.ts'
import { zoneNames } from '../../src/adapters/aws/zone-names.ts'
import { fetchOverHttp } from '../../src/adapters/http/fetch-url.ts'
import { USUAL_PACE } from '../../src/exchange/life/identity.ts'
import { newMemory } from '../../src/exchange/memory.ts'
import { lastTrust } from '../../src/exchange/trust-refresh.ts'
import { door } from '../door.ts'
import { readSettings } from '../settings.ts'
import { enrolHandler, hostsFrom } from './handler.ts'
import { ENROL_SETTINGS } from './settings.ts'

const settings = readSettings([...ENROL_SETTINGS, ...RUNTIME_SETTINGS], process.env)
const { log, logContext } = jsonLog((line) => process.stdout.write(line), machineNow)
const aws = awsFromEnvironment(process.env)
const acm = certificatesInAcm(aws, settings.AGENCY)
const store = dynamoStore(aws, settings.NODE_TABLE)
const files = lockedBucket(aws, settings.EVIDENCE_BUCKET, PATIENT_MS)
const write = zoneNames(aws, settings.NAMES_ROLE)

const ports = {
  ...acm,
  store,
  trust: () => lastTrust({ store, ...files }),
  memory: newMemory(),
  pace: USUAL_PACE,
  fetchUrl: fetchOverHttp(),
  newId: randomUUID,
  log,
  now: machineNow,
  wait: (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)),
  hosts: hostsFrom(settings.NODE_DOMAINS),
  signingKey: { key: settings.SIGNING_KEY, publicKey: () => publicKeyInKms(aws, settings.SIGNING_KEY) },
  makeKey: () => newTlsKey(aws, settings.AUTHENTICATION_PARAMETER, acm.importCertificate),
  prove: (zone: string, { name, value }: { name: string; value: string }) => write(zone, { kind: 'proof', name, value }),
}

/** The door that lets a node in, in AWS: called by an operator with an invitation, and by a schedule. */
export const handler = door(enrolHandler(ports), { log, logContext })
