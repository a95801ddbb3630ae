/** The namespace of SOAP 1.1 envelopes. */
export const SOAP = 'http://schemas.xmlsoap.org/soap/envelope/'
/** The namespaces of the X-Road message protocol 4.0 and its extensions. Source: X-Road PR-MESS. */
export const XROAD = 'http://x-road.eu/xsd/xroad.xsd'
export const IDENTIFIERS = 'http://x-road.eu/xsd/identifiers'
export const REPRESENTATION = 'http://x-road.eu/xsd/representation.xsd'
export const SECURITY_TOKEN = 'http://x-road.eu/xsd/security-token.xsd'
