import { parseXml } from '../../protocol/xml.ts'
import { descendants, textOf } from '../../protocol/xml-lookup.ts'
import { escapeText } from '../../protocol/xml-write.ts'
import { type Aws, AwsRefused, codeIn } from './aws.ts'
import type { Credentials } from './signature-v4.ts'

/** A name in a zone: an alias to where the gateway answers, or the record by which a name is proved to be ours. */
export type ZoneRecord =
  | { readonly kind: 'alias'; readonly name: string; readonly host: string; readonly zone: string }
  | { readonly kind: 'proof'; readonly name: string; readonly value: string }

const NAMESPACE = 'https://route53.amazonaws.com/doc/2013-04-01/'
const PROOF_SECONDS = 300

/** Writes names into a zone as the role that may write this agency's names and no others. Twice is as good as once. */
export function zoneNames({ rest }: Pick<Aws, 'rest'>, role: string) {
  return async (zone: string, record: ZoneRecord): Promise<void> => {
    const as = await takeOn({ rest }, role)
    const path = `/2013-04-01/hostedzone/${encodeURIComponent(zone)}/rrset`
    const answer = await rest('ChangeResourceRecordSets', { path, body: changeOf(record), contentType: 'application/xml', as })
    if (answer.status !== 200) throw new AwsRefused('ChangeResourceRecordSets', answer.status, codeIn(answer))
  }
}

/** Source: Amazon Route 53 API reference, ChangeResourceRecordSets. */
function changeOf(record: ZoneRecord): string {
  const set =
    record.kind === 'alias'
      ? `<Type>A</Type><AliasTarget><HostedZoneId>${escapeText(record.zone)}</HostedZoneId><DNSName>${escapeText(record.host)}</DNSName>` +
        '<EvaluateTargetHealth>false</EvaluateTargetHealth></AliasTarget>'
      : `<Type>CNAME</Type><TTL>${PROOF_SECONDS}</TTL><ResourceRecords><ResourceRecord><Value>${escapeText(record.value)}</Value></ResourceRecord></ResourceRecords>`
  return (
    `<?xml version="1.0" encoding="UTF-8"?><ChangeResourceRecordSetsRequest xmlns="${NAMESPACE}"><ChangeBatch><Changes><Change>` +
    `<Action>UPSERT</Action><ResourceRecordSet><Name>${escapeText(record.name)}</Name>${set}</ResourceRecordSet>` +
    '</Change></Changes></ChangeBatch></ChangeResourceRecordSetsRequest>'
  )
}

/** Source: AWS STS API reference, AssumeRole. */
async function takeOn({ rest }: Pick<Aws, 'rest'>, role: string): Promise<Credentials> {
  const fields = { Action: 'AssumeRole', Version: '2011-06-15', RoleArn: role, RoleSessionName: 'names', DurationSeconds: '900' }
  const body = new URLSearchParams(fields).toString()
  const answer = await rest('AssumeRole', { path: '/', body, contentType: 'application/x-www-form-urlencoded' })
  if (answer.status !== 200) throw new AwsRefused('AssumeRole', answer.status, codeIn(answer))
  const parsed = parseXml(answer.body)
  if (!parsed.ok) throw new Error(`AssumeRole answered what is no XML: ${parsed.fault.detail}`)
  const text = (name: string): string => {
    const found = [...descendants(parsed.value.root)].find(({ local }) => local === name)
    if (!found) throw new Error(`AssumeRole answered no ${name}`)
    return textOf(found)
  }
  return { accessKeyId: text('AccessKeyId'), secretAccessKey: text('SecretAccessKey'), sessionToken: text('SessionToken') }
}
