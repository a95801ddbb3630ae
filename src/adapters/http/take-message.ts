import type { Octets } from '../../protocol/body.ts'
import { boundaryOf, readContentType } from '../../protocol/content-type.ts'
import { type Elsewhere, type Room, type Taking, TakingBody, taken, takenOrDigested } from './take-in.ts'
import { type MayLieElsewhere, TakingParts } from './taking-parts.ts'

const REST_BODY = 'application/x-road-rest-body'
/** A message in a part is read as one: it has a head, which must be in hand. */
const MESSAGE = 'message/rfc822'

/** Between nodes: a REST body, and what lies inside the multipart of SOAP attachments. */
const betweenNodes: MayLieElsewhere = ({ type, depth }) => (depth === 0 ? type === REST_BODY : isAttachment(type))
/** From an information system: everything but the envelope, which comes first. */
const inPackage: MayLieElsewhere = ({ type }, index) => index > 0 && isAttachment(type)
const isAttachment = (type: string | undefined): boolean => type !== MESSAGE && !type?.startsWith('multipart/')

/**
 * A whole message between nodes; 'too large' as soon as that is known. One that can be held is given as it came; of a larger one the REST body, or
 * the largest attachments, are stored and left out.
 *
 * @param original the Content-Type of the package that its attachments go into: what is stored is searched for its boundary
 */
export function takeMessage(
  contentType: string,
  chunks: AsyncIterable<Uint8Array>,
  room: Room,
  original = '',
): Promise<Octets | 'too large'> {
  const boundary = boundaryIn(contentType, 'multipart/mixed')
  const into = boundaryIn(original, 'multipart/related')
  return taken(chunks, takingParts(boundary, room, betweenNodes, into))
}

/** A SOAP package of an information system, in the same way. */
export const takePackage = (contentType: string, chunks: AsyncIterable<Uint8Array>, room: Room): Promise<Octets | 'too large'> =>
  taken(chunks, takingPackage(contentType, room))

/** The same, but read to its end whatever its size: of one too large the size and digest are given. */
export const takePackageOrDigest = (contentType: string, chunks: AsyncIterable<Uint8Array>, room: Room): Promise<Octets | Elsewhere> =>
  takenOrDigested(chunks, takingPackage(contentType, room), room.held)

const takingPackage = (contentType: string, room: Room): Taking<Octets> =>
  takingParts(boundaryIn(contentType, 'multipart/related'), room, inPackage)

/** Where nothing can be stored, or there are no parts, all of it is held. */
function takingParts(boundary: string | undefined, room: Room, may: MayLieElsewhere, into?: string): Taking<Octets> {
  if (room.store && boundary !== undefined) return new TakingParts(boundary, room, may, into === undefined ? undefined : `--${into}`)
  const taking = new TakingBody({ held: room.held, most: room.most })
  return {
    take: (chunk) => taking.take(chunk),
    whole: async () => ({ body: (await taking.whole()) as Uint8Array }),
    end: () => taking.end(),
  }
}

function boundaryIn(contentType: string, type: string): string | undefined {
  const read = readContentType(contentType)
  return read?.type === type ? boundaryOf(read) : undefined
}
