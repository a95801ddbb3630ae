import type { NewKey } from '../../exchange/life/enrol-node.ts'
import type { Sign } from '../../protocol/sign.ts'
import { signatureNamed } from '../../protocol/signature-algorithms.ts'
import { signDigest } from '../local/digest-signature.ts'
import type { certificatesInAcm } from './acm.ts'
import type { Aws } from './aws.ts'
import { makeKeyInParameter, pemOf, spkiOf } from './ssm-new-key.ts'

/** A node's new TLS key: in SSM, and in memory for as long as this run lasts, to ask for its certificate and to bring both into ACM. */
export async function newTlsKey(
  aws: Pick<Aws, 'ask'>,
  parameter: string,
  importCertificate: ReturnType<typeof certificatesInAcm>['importCertificate'],
): Promise<NewKey> {
  const key = await makeKeyInParameter(aws, parameter)
  const sign: Sign = async (_name, name, digest) => {
    const algorithm = signatureNamed(name)
    if (!algorithm) throw new Error(`no signature algorithm ${name}`)
    return signDigest(key, algorithm, digest)
  }
  return { publicKey: spkiOf(key), sign, install: (certificate) => importCertificate(certificate, [], pemOf(key)) }
}
