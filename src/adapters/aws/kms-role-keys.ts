import type { Sign } from '../../protocol/sign.ts'
import type { Aws } from './aws.ts'
import { publicKeyInKms } from './kms-public-key.ts'
import { signWithKms } from './kms-sign.ts'

/** The keys that a door of the centre may use or read, by role: ARNs. */
export type RoleKeys = Readonly<Record<string, string>>

/**
 * The centre's own keys by the names its records give them: 'tsa', 'tsa.2'. The number counts certificates: a key in KMS cannot be taken out of it, so
 * a role's certificate is renewed over the same key (docs/decisions/0022). A name of a role that this door has no key of is a bug.
 */
function arnIn(keys: RoleKeys, name: string): string {
  const [role = ''] = name.split('.')
  const arn = Object.hasOwn(keys, role) ? keys[role] : undefined
  if (arn === undefined) throw new Error(`no key of the role ${role} here`)
  return arn
}

export function signByRole(aws: Pick<Aws, 'ask'>, keys: RoleKeys): Sign {
  const sign = signWithKms(aws)
  return (name, algorithm, digest) => sign(arnIn(keys, name), algorithm, digest)
}

export const publicKeyByRole =
  (aws: Pick<Aws, 'ask'>, keys: RoleKeys) =>
  (name: string): Promise<Uint8Array> =>
    publicKeyInKms(aws, arnIn(keys, name))
