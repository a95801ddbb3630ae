import { X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import type { APIGatewayEventClientCertificate } from 'aws-lambda'

/**
 * The leaf the client showed in the handshake, as API Gateway puts it into an event; undefined when it showed none.
 * Nothing is judged here: not its dates, not its issuer.
 */
export function clientCertificateOf(socket: TLSSocket): APIGatewayEventClientCertificate | undefined {
  const der = socket.getPeerCertificate()?.raw
  return der ? describe(new X509Certificate(der)) : undefined
}

function describe(certificate: X509Certificate): APIGatewayEventClientCertificate {
  return {
    clientCertPem: certificate.toString(),
    subjectDN: oneLine(certificate.subject),
    issuerDN: oneLine(certificate.issuer),
    serialNumber: (certificate.serialNumber.toLowerCase().match(/../g) ?? []).join(':'),
    validity: { notBefore: certificate.validFrom, notAfter: certificate.validTo },
  }
}

const oneLine = (name: string | undefined): string => (name ?? '').split('\n').reverse().join(',')
