import { printable } from '../protocol/identifiers.ts'
import { readBlock } from '../protocol/rest-block.ts'
import { lastValue } from '../protocol/rest-headers.ts'
import { parseXml } from '../protocol/xml.ts'
import { descendants, textOf } from '../protocol/xml-lookup.ts'

/** Namespace of X-Road's SOAP headers. Source: X-Road PR-MESS §2.2. */
const XROAD = 'http://x-road.eu/xsd/xroad.xsd'
const LESS_THAN = 0x3c
/** A SOAP message that is larger has its purpose in its evidence alone. */
const MOST_SOAP = 1024 * 1024

/**
 * Why a request was made, in the consumer's words: X-Road-Issue of REST, `issue` of SOAP; at most 200 characters, no control characters.
 * It names a case or a legal basis, not a person. undefined when the message names none, or is not readable here.
 */
export function purposeOf(message: Uint8Array): string | undefined {
  const told = message[0] === LESS_THAN ? issueOfSoap(message) : issueOfRest(message)
  const purpose = told === undefined ? '' : printable(told.trim())
  return purpose === '' ? undefined : purpose
}

function issueOfRest(message: Uint8Array): string | undefined {
  const block = readBlock(message)
  return block.ok ? lastValue(block.value.headers, 'x-road-issue') : undefined
}

function issueOfSoap(message: Uint8Array): string | undefined {
  if (message.length > MOST_SOAP) return undefined
  const read = parseXml(message)
  if (!read.ok) return undefined
  const issue = [...descendants(read.value.root)].find(({ local, uri }) => local === 'issue' && uri === XROAD)
  return issue && textOf(issue)
}
