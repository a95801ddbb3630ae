import type { Authority } from '../../../src/trust/sign-der.ts'
import { issued } from '../../trust/authority.ts'

/** A signing certificate in a member's name, from an authority with the name of ours and another key. */
export async function issuedElsewhere(code: string): Promise<Authority> {
  const other = await issued('other-ca', { use: 'root', subject: [['CN', 'CA LAB']] })
  return issued(
    `other-${code}`,
    {
      use: 'signing',
      subject: [
        ['C', 'LAB'],
        ['O', 'GOB'],
        ['CN', code],
      ],
    },
    other,
  )
}
