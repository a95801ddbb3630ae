import { REQUEST_TYPES } from '../../../trust/registry/records.ts'
import type { JsonObject } from '../../contract/json.ts'
import { anyText, flag, list, number, object, octets, oneOf, ref, text } from './operation.ts'

/** 'QRO/GOB/DIF': identifiers as they are written on the wire, each part percent-encoded where needed. */
const id = text(1024)
const cost = oneOf('FREE', 'PAID', 'UNDEFINED')
const responder = object({ url: text(), 'certificate?': octets, 'costType?': cost })
const caCertificate = object({ certificate: octets, ocsp: list(responder, 20) })

/** What goes in and out of the API, by name. */
export const SCHEMAS: Readonly<Record<string, JsonObject>> = {
  Problem: object({ code: anyText, message: anyText, detail: anyText }),
  MemberClass: object({ code: text(), description: text() }),
  Member: object({ id, name: text(), subsystems: list(ref('Subsystem'), 100_000) }),
  Subsystem: object({ id, 'name?': text() }),
  Server: object({
    id,
    'address?': text(),
    certificates: list(octets),
    clients: list(object({ id, 'disabled?': flag }), 100_000),
    'maintenance?': object({ 'message?': anyText }),
  }),
  Group: object({ code: text(), description: text(), members: list(id, 100_000) }),
  CertificationService: object({
    name: text(),
    authenticationOnly: flag,
    profile: text(),
    top: caCertificate,
    intermediates: list(caCertificate, 20),
    'defaultCsrFormat?': oneOf('PEM', 'DER'),
    'acme?': object({ directoryUrl: text(), 'ipAddress?': text(), 'authenticationProfileId?': text(), 'signingProfileId?': text() }),
  }),
  TimestampingService: object({ name: text(), url: text(), certificate: octets, 'costType?': cost }),
  Request: object({
    id: number,
    type: oneOf(...REQUEST_TYPES),
    origin: oneOf('CENTER', 'SECURITY_SERVER'),
    status: oneOf('WAITING', 'APPROVED', 'DECLINED', 'REVOKED'),
    server: id,
    'client?': id,
    'certificate?': octets,
    'address?': text(),
    'name?': text(),
    'message?': anyText,
    askedBy: anyText,
    askedAt: anyText,
    'decidedBy?': anyText,
    'decidedAt?': anyText,
    'reason?': anyText,
  }),
  Invitation: object({
    id: text(),
    member: id,
    'serverCode?': text(),
    expires: anyText,
    state: oneOf('open', 'used', 'withdrawn'),
    askedBy: anyText,
    'usedBy?': anyText,
    'subsystems?': list(text(), 100),
    'secret?': anyText,
    /** Of the anchor that the centre's door gives to nodes: said aloud with the secret. */
    'fingerprint?': anyText,
  }),
  Proposal: object({
    id: text(),
    operation: text(),
    parameters: { type: 'object', additionalProperties: { type: 'string' } },
    body: {},
    askedBy: anyText,
    askedAt: anyText,
    expires: anyText,
    state: oneOf('waiting', 'approved', 'declined'),
    'decidedBy?': anyText,
    'reason?': anyText,
  }),
  Alarm: object({ id: text(), operation: text(), who: anyText, why: anyText, at: anyText, 'seenBy?': anyText }),
  SigningKey: object({
    id: text(),
    key: text(1024),
    algorithm: text(),
    certificate: octets,
    state: oneOf('waiting', 'signing', 'leaving'),
  }),
  TrustedAnchor: object({ instance: text(), anchor: octets, fingerprint: text() }),
  Settings: object({
    instance: text(),
    addresses: list(text(), 20),
    provider: id,
    registrationUrl: text(),
    'registrationCertificate?': octets,
    policy: object({
      configurationHours: { type: 'integer', minimum: 1, maximum: 720 },
      ocspFreshnessSeconds: { type: 'integer', minimum: 600, maximum: 604_800 },
      timeStampingIntervalSeconds: { type: 'integer', minimum: 60, maximum: 86_400 },
    }),
    autoApprove: object({ authCertReg: flag, clientReg: flag, ownerChange: flag }),
  }),
  Published: object({
    serial: number,
    signedAt: anyText,
    expires: anyText,
    digests: { type: 'object', additionalProperties: { type: 'string' } },
  }),
  LogLine: object({
    number,
    at: anyText,
    who: object({ kind: oneOf('person', 'node', 'rule'), id: anyText }),
    what: anyText,
    'with?': object({ kind: oneOf('person', 'node', 'rule'), id: anyText }),
    'breakGlass?': anyText,
    'refused?': object({ code: anyText, why: anyText }),
    changes: list(object({ key: anyText, before: {}, after: {} }), 100_000),
    previous: anyText,
  }),
  Done: object({ done: { type: 'boolean', const: true } }),
}
