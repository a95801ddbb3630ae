/**
 * The signature over a digest with a key we never see: KMS in the cloud, a key file on a laptop.
 * @param key      the name of the key, as its holder knows it
 * @param algorithm the name of a row of protocol/signature-algorithms, such as 'rsa-sha512'
 * @param digest   the digest the row asks for
 * @returns the raw signature; ECDSA as DER, as KMS and OpenSSL give it. Throws when the holder refuses or is gone.
 */
export type Sign = (key: string, algorithm: SignatureName, digest: Uint8Array) => Promise<Uint8Array>

export type SignatureName =
  | 'rsa-sha256'
  | 'rsa-sha384'
  | 'rsa-sha512'
  | 'pss-sha256'
  | 'pss-sha384'
  | 'pss-sha512'
  | 'ecdsa-sha256'
  | 'ecdsa-sha384'
  | 'ecdsa-sha512'
