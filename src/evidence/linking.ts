import { Buffer } from 'node:buffer'
import { ok } from '../base/result.ts'
import { type Digest, digestNamed, hash, hex } from '../protocol/digests.ts'
import { type Outcome, refuse } from '../protocol/faults.ts'

/** A link of the chain of containers: lower-case hexadecimal; '' before the first container ever. */
export type Link = string

const SHA512 = digestNamed('SHA-512') as Digest
/** What the archive verifiers take; older ones are read no more. */
const LINKING_DIGESTS = ['SHA-256', 'SHA-384', 'SHA-512']

/**
 * The next link: the digest of previous ‖ digest(container), where both digests are joined as hexadecimal text, not as octets.
 *
 * @param previous  the last link, '' before the first container ever
 * @param container one whole container, exactly as it is kept
 * Source: X-Road LinkingInfoBuilder.addNextFile.
 */
export function link(previous: Link, container: Uint8Array, digest: Digest = SHA512): Link {
  return hex(hash(digest, Buffer.from(previous + hex(hash(digest, container)), 'ascii')))
}

export type LinkingInfo = {
  /** The archive this one continues; absent in the first of its group. */
  readonly previous?: { readonly link: Link; readonly file: string }
  readonly digest: Digest
  readonly lines: readonly { readonly link: Link; readonly name: string }[]
}

/** The `linkinginfo` of an archive with these containers, in this order. */
export function linkingInfo(
  previous: LinkingInfo['previous'],
  containers: readonly { readonly name: string; readonly bytes: Uint8Array }[],
): LinkingInfo {
  let last = previous?.link ?? ''
  const lines = containers.map(({ name, bytes }) => {
    last = link(last, bytes)
    return { link: last, name }
  })
  return previous ? { previous, digest: SHA512, lines } : { digest: SHA512, lines }
}

/** UTF-8 text, one line for what comes before and one for each container, each line ended by LF. */
export function encodeLinkingInfo(info: LinkingInfo): Uint8Array {
  const first = `${info.previous?.link ?? '-'} ${info.previous?.file ?? '-'} ${info.digest.name}`
  return Buffer.from([first, ...info.lines.map(({ link, name }) => `${link} ${name}`), ''].join('\n'), 'utf8')
}

/** Refuses with 'archive_linking_broken' what does not have the form that `encodeLinkingInfo` gives. */
export function decodeLinkingInfo(bytes: Uint8Array): Outcome<LinkingInfo> {
  const [head = '', ...rows] = Buffer.from(bytes).toString('utf8').replace(/\n$/, '').split('\n')
  const [, before, file, name] = /^(-|[0-9a-f]+) (.+) (\S+)$/.exec(head) ?? []
  const digest = name !== undefined && LINKING_DIGESTS.includes(name) ? digestNamed(name) : undefined
  if (before === undefined || file === undefined || !digest) return refuse('archive_linking_broken', 'the first line of linkinginfo')
  const lines = rows.map((row) => /^([0-9a-f]+) (.+)$/.exec(row))
  const wrong = lines.findIndex((line) => line?.[1]?.length !== 2 * digest.bytes)
  if (wrong >= 0) return refuse('archive_linking_broken', `line ${wrong + 2} of linkinginfo`)
  const read = lines.map((line) => ({ link: line?.[1] as string, name: line?.[2] as string }))
  return ok(before === '-' ? { digest, lines: read } : { previous: { link: before, file }, digest, lines: read })
}
