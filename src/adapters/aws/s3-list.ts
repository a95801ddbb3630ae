import { parseXml } from '../../protocol/xml.ts'
import { child, childrenNamed, textOf } from '../../protocol/xml-lookup.ts'

export type Page = { readonly names: readonly string[]; readonly next?: string }

/** One page of ListObjectsV2: names in ascending order of their bytes, and the token of the next page when there is one. Throws for anything else. */
export function readListAnswer(body: Uint8Array): Page {
  const parsed = parseXml(body)
  if (!parsed.ok) throw new Error(`ListObjectsV2 answered what is no XML: ${parsed.fault.detail}`)
  const { root } = parsed.value
  if (root.local !== 'ListBucketResult') throw new Error(`ListObjectsV2 answered <${root.name}>`)
  const names = childrenNamed(root, root.uri, 'Contents').map((entry) => {
    const key = child(entry, root.uri, 'Key')
    if (!key) throw new Error('ListObjectsV2 answered an object without a key')
    return textOf(key)
  })
  const token = child(root, root.uri, 'NextContinuationToken')
  return token ? { names, next: textOf(token) } : { names }
}
