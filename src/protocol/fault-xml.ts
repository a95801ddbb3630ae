import { messageOf } from './fault-sentence.ts'
import { codeOf, codesIn, type Fault, type FaultCode, refuse, under } from './faults.ts'
import { faultIn } from './soap-fault.ts'
import { SOAP } from './soap-names.ts'
import { parseXml } from './xml.ts'
import { child } from './xml-lookup.ts'
import { escapeText } from './xml-write.ts'

/**
 * A SOAP 1.1 fault for a peer or a SOAP consumer, as stock servers write it: goes out bare, with HTTP 200. A relayed envelope goes out as it came.
 * @param requestId stands in detail/faultDetail, where stock servers put an id of their own.
 */
export function encodeFault(fault: Fault, requestId = ''): { contentType: 'text/xml;charset=utf-8'; body: Uint8Array } {
  if (fault.relayed?.envelope) return { contentType: 'text/xml;charset=utf-8', body: fault.relayed.envelope }
  const xml =
    `<?xml version="1.0" encoding="UTF-8"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="${SOAP}"><SOAP-ENV:Body><SOAP-ENV:Fault>` +
    `<faultcode>${escapeText(codeOf(fault))}</faultcode><faultstring>${escapeText(messageOf(fault))}</faultstring><faultactor></faultactor>` +
    `<detail><faultDetail xmlns="">${escapeText(fault.relayed?.detail ?? requestId)}</faultDetail></detail>` +
    '</SOAP-ENV:Fault></SOAP-ENV:Body></SOAP-ENV:Envelope>'
  return { contentType: 'text/xml;charset=utf-8', body: Buffer.from(xml, 'utf8') }
}

/**
 * A peer's fault, with its texts in `relayed`. What is no fault is a fault of the peer too: 'service_failed.invalid_soap' (no SOAP, or nothing),
 * 'service_failed.missing_body', 'service_failed.invalid_message' (SOAP, but no fault). Source: SOAP 1.1 §4.4.
 */
export function readFault(xml: Uint8Array): Fault {
  const document = parseXml(xml, { bytes: 1024 * 1024 })
  if (!document.ok) return notAFault('invalid_soap', document.fault.detail)
  const { root } = document.value
  if (root.uri !== SOAP || root.local !== 'Envelope') return notAFault('invalid_soap', 'the root is no SOAP 1.1 Envelope')
  const body = child(root, SOAP, 'Body')
  if (!body) return notAFault('missing_body', 'the envelope has no Body')
  const fault = child(body, SOAP, 'Fault')
  const { code = '', string: message = '', detail = '' } = fault ? faultIn(fault, xml) : {}
  if (!code) return notAFault('invalid_message', 'a message where only a fault belongs')
  return { path: codesIn(code), detail: 'told by the peer', relayed: { code, message, detail } }
}

const notAFault = (code: FaultCode, detail: string): Fault => under('service_failed', refuse(code, detail)).fault
