export const ASIC = 'http://uri.etsi.org/02918/v1.2.1#'
export const DS = 'http://www.w3.org/2000/09/xmldsig#'
export const XADES = 'http://uri.etsi.org/01903/v1.3.2#'
export const XSI = 'http://www.w3.org/2001/XMLSchema-instance'

export const INCLUSIVE_C14N = 'http://www.w3.org/TR/2001/REC-xml-c14n-20010315'
/** Also the namespace of InclusiveNamespaces. */
export const EXC_C14N = 'http://www.w3.org/2001/10/xml-exc-c14n#'
export const SIGNED_PROPERTIES_TYPE = 'http://uri.etsi.org/01903#SignedProperties'

/** What a signature over one message, over a chain, and over an attachment beside a message refers to. */
export const MESSAGE = '/message.xml'
export const CHAIN_RESULT = '/sig-hashchainresult.xml'
export const CHAIN = '/sig-hashchain.xml'
export const ATTACHMENT = '/attachment'

/** The Ids stock servers write, and we. */
export const ID = {
  signature: 'signature',
  value: 'signature-value',
  properties: 'signed-properties',
  reference: 'signature-reference-',
} as const
