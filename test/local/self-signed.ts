import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export type Credentials = { readonly certificate: string; readonly key: string }

/** A certificate nobody vouches for, by openssl. RSA on request: stock servers' first two suites need it. */
export function selfSigned(name: string, kind: 'ec' | 'rsa' = 'ec'): Credentials {
  const folder = mkdtempSync(join(tmpdir(), 'sacbe-cert-'))
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const algorithm = kind === 'ec' ? ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256'] : ['-newkey', 'rsa:2048']
  execFileSync(
    'openssl',
    ['req', '-x509', '-nodes', ...algorithm, '-subj', `/CN=${name}`, '-keyout', key, '-out', certificate, '-days', '2'],
    {
      stdio: 'ignore',
    },
  )
  const made = { certificate: readFileSync(certificate, 'utf8'), key: readFileSync(key, 'utf8') }
  rmSync(folder, { recursive: true })
  return made
}
