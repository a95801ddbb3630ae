import type { SoapPackage } from '../protocol/soap-message.ts'
import { type Content, digested, type Message } from './message.ts'

/** What is signed of a SOAP message: its envelope and each attachment, as they travel. */
export const soapContent = ({ message, attachments }: SoapPackage): Content => ({
  message: message.bytes,
  attachments: attachments.map(({ body }) => digested(body)),
})

/** A SOAP message as both flows see it. */
export function soapMessage(read: SoapPackage, requestId: string): Message {
  const { client, service, id: messageId } = read.message
  return { client, service, messageId, requestId, content: soapContent(read) }
}
