import { AccessLogField, AccessLogFormat } from 'aws-cdk-lib/aws-apigateway'

/**
 * One line a request: what the gateway did with it and whose certificate came. No path and no query, for they may name a person, and no header.
 * The request id is the one that the door logs beside its own.
 */
export const accessLogFormat = (): AccessLogFormat =>
  AccessLogFormat.custom(
    JSON.stringify({
      requestId: AccessLogField.contextRequestId(),
      at: AccessLogField.contextRequestTimeEpoch(),
      method: AccessLogField.contextHttpMethod(),
      status: AccessLogField.contextStatus(),
      gatewayError: AccessLogField.contextErrorResponseType(),
      integrationStatus: '$context.integration.status',
      integrationError: '$context.integrationErrorMessage',
      ms: AccessLogField.contextResponseLatency(),
      bytes: AccessLogField.contextResponseLength(),
      clientIssuer: '$context.identity.clientCert.issuerDN',
      clientSerial: '$context.identity.clientCert.serialNumber',
    }),
  )
