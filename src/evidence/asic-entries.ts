/** The entries of a container by what they are. Names are exact; URIs in signatures and hash chains put a '/' in front. */
export const ENTRY = {
  mimetype: 'mimetype',
  message: 'message.xml',
  signature: 'META-INF/signatures.xml',
  signatureChainResult: 'sig-hashchainresult.xml',
  signatureChain: 'sig-hashchain.xml',
  stampChainResult: 'ts-hashchainresult.xml',
  stampChain: 'ts-hashchain.xml',
  manifest: 'META-INF/manifest.xml',
  asicManifest: 'META-INF/ASiCManifest.xml',
  token: 'META-INF/timestamp.tst',
} as const

/** The nth attachment, from 1; of a REST message the body is the first. */
export const attachmentName = (n: number): string => `attachment${n}`
/** attachment1, attachment2, …: no leading zero, no other letter case. */
export const isAttachmentName = (name: string): boolean => /^attachment[1-9][0-9]*$/.test(name)
