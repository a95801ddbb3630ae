import type { Anchor } from './anchor.ts'
import type { SharedParameters } from './shared-parameters.ts'

/** One address a configuration may be fetched from, with the certificates (DER) that may have signed what lies there, and no others. */
export type ConfigurationLocation = { readonly url: string; readonly certificates: readonly Uint8Array[] }

/**
 * Where the nodes of a centre publish, by the shared parameters last stored (version 3 and up): the same path as the first http address
 * of the anchor, https addresses first. The internal certificates sign internalconf, the external ones externalconf, both any other path.
 * Source: X-Road PR-GCONF; the caller shuffles within https and within http, to spread the load.
 */
export function publishedLocations({ sources }: SharedParameters, anchor: Anchor): readonly ConfigurationLocation[] {
  const first = anchor.sources.map(({ url }) => /^http:\/\/[^/]+\/(.+)$/.exec(url)?.[1]).find((path) => path !== undefined)
  if (first === undefined) return []
  return secureFirst(
    sources.map(({ address, internalCertificates, externalCertificates }) => ({
      url: `http://${address}/${first}`,
      certificates:
        first === 'internalconf'
          ? internalCertificates
          : first === 'externalconf'
            ? externalCertificates
            : [...internalCertificates, ...externalCertificates],
    })),
  )
}

/** Where the anchor itself points to. */
export const anchorLocations = (anchor: Anchor): readonly ConfigurationLocation[] =>
  secureFirst(anchor.sources.filter(({ url }) => /^http:/.test(url)))

/** Each http address once more as https, and those first: stock clients make the secure ones from the plain ones. */
const secureFirst = (plain: readonly ConfigurationLocation[]): readonly ConfigurationLocation[] => [
  ...plain.map((location) => ({ ...location, url: location.url.replace(/^http:/, 'https:') })),
  ...plain,
]
