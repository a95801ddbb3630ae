export { packageDigests } from './attachments.ts'
export {
  type RepresentedParty,
  readSoap,
  type SecurityToken,
  type SoapEnvelope,
  type SoapFault,
  type SoapMessage,
} from './soap-envelope.ts'
export { relayedFault } from './soap-fault.ts'
export { type Forwarded, forConsumer, forService } from './soap-forward.ts'
export {
  originalContentType,
  originalHeaders,
  originalSoapAction,
  readSoapAnswer,
  readSoapCall,
  type SoapAnswer,
  type SoapCall,
  type SoapRequest,
  soapFaultAnswer,
} from './soap-http.ts'
export { readPackage, type SoapPackage } from './soap-package.ts'
export { soapAnswers, soapRequestHash, withRequestHash } from './soap-response.ts'
export { decodeSoap, encodeSoap, type SoapTransport } from './soap-transport.ts'
