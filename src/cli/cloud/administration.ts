import { randomBytes, randomUUID } from 'node:crypto'
import { dynamoStore } from '../../adapters/aws/dynamo-store.ts'
import { machineNow } from '../../adapters/aws/environment.ts'
import { textIn } from '../../adapters/aws/operator.ts'
import { lockedBucket } from '../../adapters/aws/s3-locked.ts'
import { ok, type Result, refused } from '../../base/result.ts'
import { groupsIn } from '../../exchange/administration/groups-on.ts'
import { noteStoredNode, publishStoredNode, signsFor } from '../../exchange/administration/stored-administration.ts'
import { Busy } from '../../exchange/busy.ts'
import type { ApiPorts } from '../../exchange/centre/api/operation.ts'
import type { Log } from '../../exchange/ports.ts'
import { caughtUp } from '../../exchange/register/change-log.ts'
import { codeOf, type Fault } from '../../protocol/faults.ts'
import { type Io, tellCannot } from '../io.ts'
import { awsIn } from './account.ts'
import { agencyHere, type CloudNode, tellNotDeployed } from './agency-here.ts'
import { resourceOf } from './stack-steps.ts'

const FILE_MS = 20_000
/** `who`: the identity that AWS proves of whoever holds the credentials. */
export type CloudAdministration = { readonly ports: ApiPorts; readonly who: string }

/**
 * A deployed node for its agency's people, by their own credentials: the administration of a node's folder, on the agency's table and under the lock of
 * its evidence. Before anything else the table is brought to what lies under lock, and what its doors read to what the log says: an earlier command may have
 * been cut short, or the table restored from a copy.
 */
export async function openCloudNode(node: CloudNode, log: Log, io: Io): Promise<Result<CloudAdministration, number>> {
  const here = await agencyHere(node, io)
  if (!here.ok) return here
  const { place, resources } = here.value
  const table = resourceOf(resources, 'AWS::DynamoDB::Table')?.physical
  const bucket = resourceOf(resources, 'AWS::S3::Bucket')?.physical
  if (!table || !bucket) return refused(tellNotDeployed(node.agency, io))
  const aws = awsIn(place.region, io)
  const [store, files] = [dynamoStore(aws, table), lockedBucket(aws, bucket, FILE_MS)]
  const publish = () => publishStoredNode(store)
  const names = { newId: randomUUID, newSecret: () => randomBytes(32).toString('base64url') }
  const ports: ApiPorts = {
    ...{ ...names, ...files, store, publish, log, now: machineNow },
    groupsOn: groupsIn(files),
    signsFor: (member) => signsFor(store, member),
  }
  await caughtUp(ports)
  const noted = await noteStoredNode(ports)
  if (!noted.ok) return refused(tellWhy(noted.fault, node.agency, io))
  await publish()
  return ok({ ports, who: textIn(await place.operator.form('GetCallerIdentity', {}), 'Arn') ?? '' })
}

function tellWhy(fault: Fault, agency: string, io: Io): number {
  if (codeOf(fault) === 'busy') throw new Busy(fault.detail)
  return tellCannot(
    { es: `El nodo ${agency} no tiene entrada todavía: sacbe enrol.`, en: `The node ${agency} is not let in yet: sacbe enrol.` },
    io,
  )
}
