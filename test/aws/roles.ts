import { randomUUID } from 'node:crypto'
import type { Credentials } from '../../src/adapters/aws/signature-v4.ts'
import { REGION, ROOT } from './emulators.ts'

export type Policy = { readonly Version: '2012-10-17'; readonly Statement: readonly object[] }
export const EVERYTHING: Policy = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }

/** Temporary credentials of a new role with this policy, as a function has them. MiniStack checks their signatures and enforces the policy. */
export async function roleCredentials(
  endpoint: string,
  policy: Policy = EVERYTHING,
): Promise<Credentials & { readonly sessionToken: string }> {
  const name = `door-${randomUUID()}`
  const trust = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:AssumeRole' }] }
  const created = await query(endpoint, 'iam', { Action: 'CreateRole', RoleName: name, AssumeRolePolicyDocument: JSON.stringify(trust) })
  await query(endpoint, 'iam', { Action: 'PutRolePolicy', RoleName: name, PolicyName: 'door', PolicyDocument: JSON.stringify(policy) })
  const assumed = await query(endpoint, 'sts', { Action: 'AssumeRole', RoleArn: textIn(created, 'Arn'), RoleSessionName: 'door' })
  return {
    accessKeyId: textIn(assumed, 'AccessKeyId'),
    secretAccessKey: textIn(assumed, 'SecretAccessKey'),
    sessionToken: textIn(assumed, 'SessionToken'),
  }
}

const VERSIONS = { iam: '2010-05-08', sts: '2011-06-15', cloudformation: '2010-05-15' } as const
export const rootSays = (service: string): string =>
  `AWS4-HMAC-SHA256 Credential=${ROOT.accessKeyId}/20260101/${REGION}/${service}/aws4_request, SignedHeaders=host, Signature=0`

/** The emulator takes its own root user's word for who it is; everybody else must sign. */
export async function query(endpoint: string, service: keyof typeof VERSIONS, fields: Record<string, string>): Promise<string> {
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: { authorization: rootSays(service) },
    body: new URLSearchParams({ ...fields, Version: VERSIONS[service] }),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${fields.Action}: ${answer.status} ${text.slice(0, 300)}`)
  return text
}

/** The text of the first element of that name. */
export function textIn(xml: string, name: string): string {
  const value = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]
  if (!value) throw new Error(`no ${name} in ${xml.slice(0, 300)}`)
  return value
}
