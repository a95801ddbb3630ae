import type { Agency, Environment } from '../../../lib/config/exchange.ts'
import { authenticationParameter, stackName } from '../../../lib/names.ts'
import { dynamoStore } from '../../adapters/aws/dynamo-store.ts'
import { type Operator, refusal } from '../../adapters/aws/operator.ts'
import { EDGE_INSTALLED, EDGE_PUBLIC } from '../../exchange/edge/public-certificates.ts'
import type { Io } from '../io.ts'
import { awsIn, type Here } from './account.ts'
import { delegation } from './delegation.ts'
import { type Resource, resourceOf } from './stack-steps.ts'

type Words = { readonly es: string; readonly en: string }

/**
 * Takes away what the edge and enrol doors made and no template knows: the two domains, their certificates, the records that lead to them, the TLS key.
 * What is not there counts as taken away. @returns what somebody else must still do
 */
export async function forgetNames(
  environment: Environment,
  agency: Agency,
  resources: readonly Resource[],
  place: Here,
  io: Io,
): Promise<readonly Words[]> {
  const { operator } = place
  const hosts = [agency.domains.provider, agency.domains.consumer]
  for (const host of hosts) await deleteDomain(host, operator)
  const left: Words[] = []
  for (const certificate of await certificatesOf(resources, place, io))
    await operator.json('DeleteCertificate', { CertificateArn: certificate }).catch((problem: Error) => {
      if (/ResourceNotFound/.test(problem.message)) return
      left.push({
        es: `El certificado ${certificate} se queda: ${problem.message}`,
        en: `The certificate ${certificate} stays: ${problem.message}`,
      })
    })
  await operator.json('DeleteParameter', { Name: authenticationParameter(environment, agency.id) }).catch((problem: Error) => {
    if (!/ParameterNotFound/.test(problem.message)) throw problem
  })
  return [...left, ...(await deleteRecords(environment, hosts, place))]
}

async function deleteDomain(host: string, { path }: Operator): Promise<void> {
  const answer = await path('DeleteDomainName', `/v2/domainnames/${host}`)
  if (answer.status >= 300 && answer.status !== 404) throw refusal('DeleteDomainName', answer)
}

/** The node's own, and those of its names, as its doors noted them. */
async function certificatesOf(resources: readonly Resource[], { region }: Here, io: Io): Promise<readonly string[]> {
  const table = resourceOf(resources, 'AWS::DynamoDB::Table')?.physical
  if (!table) return []
  const store = dynamoStore(awsIn(region, io), table)
  const installed = (await store.get<string>(EDGE_INSTALLED))?.value
  const asked = (await store.get<Record<string, string>>(EDGE_PUBLIC))?.value
  return [...(installed === undefined ? [] : [installed]), ...Object.values(asked ?? {})]
}

/** A name that leads to a place which is gone can be taken over by whoever gets that place next. */
async function deleteRecords(environment: Environment, hosts: readonly string[], { operator, centre }: Here): Promise<readonly Words[]> {
  const zone = centre ? (await delegation(stackName(environment, 'central'), operator))?.id : undefined
  const names = hosts.join(', ')
  if (!zone)
    return [
      {
        es: `La zona está en la cuenta del operador: pídale quitar los registros de ${names}.`,
        en: `The zone is in the operator's account: ask for the records of ${names} to be taken away.`,
      },
    ]
  const listed = await operator.path('ListResourceRecordSets', `/2013-04-01/hostedzone/${zone}/rrset`)
  if (listed.status !== 200) throw refusal('ListResourceRecordSets', listed)
  const ours = [...listed.body.toString('utf8').matchAll(/<ResourceRecordSet>(.*?)<\/ResourceRecordSet>/gs)]
    .map(([whole]) => whole)
    .filter((set) => hosts.some((host) => new RegExp(`<Name>(_[^.<]+\\.)?${host.replaceAll('.', '\\.')}\\.?</Name>`).test(set)))
  for (const set of ours) {
    const body =
      '<?xml version="1.0" encoding="UTF-8"?><ChangeResourceRecordSetsRequest xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><ChangeBatch><Changes>' +
      `<Change><Action>DELETE</Action>${set}</Change></Changes></ChangeBatch></ChangeResourceRecordSetsRequest>`
    const answer = await operator.path('ChangeResourceRecordSets', `/2013-04-01/hostedzone/${zone}/rrset`, {
      body,
      contentType: 'application/xml',
    })
    if (answer.status !== 200) throw refusal('ChangeResourceRecordSets', answer)
  }
  return []
}
