import type { PublicCertificate } from '../../exchange/edge/public-certificates.ts'
import { writePem } from '../../trust/pem.ts'
import { type Aws, PATIENT_MS } from './aws.ts'

type Described = {
  readonly Certificate: {
    readonly Status: string
    readonly DomainValidationOptions?: readonly { readonly ResourceRecord?: { readonly Name: string; readonly Value: string } }[]
  }
}

/** An agency's certificates in ACM, all marked as its own: without the mark the door may do nothing with them. */
export function certificatesInAcm({ ask }: Pick<Aws, 'ask'>, agency: string) {
  const Tags = [{ Key: 'agency', Value: agency }]
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  return {
    /** Brings a certificate in, with its key (PKCS#8, PEM) and those above it (DER); gives its ARN. Each time a new one: the one in use stays as it is. */
    importCertificate: async (certificate: Uint8Array, above: readonly Uint8Array[], key: string): Promise<string> => {
      const chain = above.map((der) => writePem('CERTIFICATE', der)).join('')
      const input = {
        Certificate: base64(writePem('CERTIFICATE', certificate)),
        PrivateKey: base64(key),
        ...(chain === '' ? {} : { CertificateChain: base64(chain) }),
        Tags,
      }
      return (await ask<{ CertificateArn: string }>('ImportCertificate', input, PATIENT_MS)).CertificateArn
    },
    /** Asks for a public certificate, proved by DNS. Asked again within the hour, ACM gives the same. */
    requestPublic: async (name: string): Promise<string> => {
      const IdempotencyToken = name.replace(/\W/g, '_').slice(-32)
      const input = { DomainName: name, ValidationMethod: 'DNS', IdempotencyToken, Tags }
      return (await ask<{ CertificateArn: string }>('RequestCertificate', input, PATIENT_MS)).CertificateArn
    },
    describePublic: async (CertificateArn: string): Promise<PublicCertificate> => {
      const { Certificate } = await ask<Described>('DescribeCertificate', { CertificateArn }, PATIENT_MS)
      const record = Certificate.DomainValidationOptions?.[0]?.ResourceRecord
      return { status: Certificate.Status, ...(record ? { proof: { name: record.Name, value: record.Value } } : {}) }
    },
  }
}
