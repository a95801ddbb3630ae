import { instant } from '../../base/clock.ts'
import { ok } from '../../base/result.ts'
import { writeZip } from '../../evidence/zip.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import { IDENTIFIER_FILE, type InstanceFiles, trustFolder } from '../../trust/trust-files.ts'
import type { CurrentTrust, GetLocked, TrustInForce } from '../ports.ts'
import type { LocalAnswer } from './local-answer.ts'
import { plainFault } from './plain-fault.ts'

export type VerificationConfPorts = { readonly trust: CurrentTrust; readonly getLocked: GetLocked }

const FOLDER = 'verificationconf'
/** The same configuration gives the same archive, whenever it is asked for. */
const TIMELESS = instant(Date.UTC(1980, 0, 1))

/**
 * The configuration in force, as evidence is verified by it: shared-params.xml of every known instance with its .metadata, and the own
 * instance's code, in a ZIP archive. For whoever asks. Source: X-Road UG-SS, "verificationconf".
 */
export async function verificationConf(ports: VerificationConfPorts): Promise<LocalAnswer> {
  const archive = await archived(ports)
  if (!archive.ok) return plainFault(archive.fault)
  const headers = [['Content-Type', 'application/zip'] as const, ['Content-Disposition', `filename="${FOLDER}.zip"`] as const]
  return { status: 200, headers, body: archive.value }
}

async function archived({ trust, getLocked }: VerificationConfPorts): Promise<Outcome<Uint8Array>> {
  const today = await trust()
  if (!today.ok) return today
  const instances = await instancesIn(today.value, getLocked)
  if (!instances.ok) return instances
  const files = [...trustFolder(today.value.trust.own, instances.value)]
  const last = files.filter(([name]) => name === IDENTIFIER_FILE)
  const ordered = [...files.filter(([name]) => name !== IDENTIFIER_FILE), ...last]
  return ok(
    writeZip(
      ordered.map(([name, bytes]) => ({ name: `${FOLDER}/${name}`, bytes })),
      TIMELESS,
    ),
  )
}

/** From where they lie under lock, as they were received. */
async function instancesIn({ trust, configuration }: TrustInForce, getLocked: GetLocked): Promise<Outcome<readonly InstanceFiles[]>> {
  const instances: InstanceFiles[] = []
  for (const { instance, version } of trust.instances.values()) {
    const sharedParameters = await getLocked(`configurations/${configuration}/${encodeURIComponent(instance)}/shared-params.xml`)
    if (!sharedParameters) return refuse('malformed_global_conf', `the file of ${instance} is not under lock`)
    instances.push({ instance, version, sharedParameters })
  }
  return ok(instances)
}
