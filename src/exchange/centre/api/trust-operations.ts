import { ok } from '../../../base/result.ts'
import { base64 } from '../../../protocol/digests.ts'
import { type Outcome, refuse } from '../../../protocol/faults.ts'
import { anchorFingerprint, writeAnchor } from '../../../trust/anchor.ts'
import type { ApprovedCaRecord, ApprovedTsaRecord, SigningKeyRecord, TrustedAnchorRecord } from '../../../trust/registry/records.ts'
import type { Json } from '../../contract/json.ts'
import { ownAnchor, putTrustedAnchor, removeTrustedAnchor } from '../anchors.ts'
import { instanceOf } from '../members.ts'
import { addSigningKey, retireSigningKey, switchSigningKey } from '../signing-keys.ts'
import { putCa, putTsa, removeCa, removeTsa } from '../trust-services.ts'
import { done } from './member-operations.ts'
import { list, type Operation, object, octets, READERS, ref, text } from './operation.ts'
import { textIn } from './read-given.ts'
import { SCHEMAS } from './schemas.ts'

const jsonOf = <T extends Json>(outcome: Outcome<T>): Outcome<Json> => outcome
const keys = 'registry/signingkey/'

/** Certification and time-stamping services, the keys that sign the configuration, anchors of ours and of partners. */
export const TRUST_OPERATIONS: readonly Operation[] = [
  {
    id: 'listCertificationServices',
    method: 'GET',
    path: '/certification-services',
    es: 'Las autoridades certificadoras aprobadas',
    en: 'The approved certification services',
    roles: READERS,
    people: 1,
    status: 200,
    answer: list(ref('CertificationService')),
    run: async (work) => ok((await work.list<ApprovedCaRecord>('registry/ca/')).map(({ value }) => value as unknown as Json)),
  },
  {
    id: 'putCertificationService',
    method: 'POST',
    path: '/certification-services',
    es: 'Aprueba una autoridad certificadora, o cambia lo que se dice de ella',
    en: 'Approves a certification service, or changes what is said of it',
    roles: ['system'],
    people: 2,
    body: SCHEMAS.CertificationService as Operation['answer'],
    status: 201,
    answer: ref('CertificationService'),
    run: async (work, { body }) => jsonOf((await putCa(work, body as unknown as ApprovedCaRecord)) as unknown as Outcome<Json>),
  },
  {
    id: 'removeCertificationService',
    method: 'DELETE',
    path: '/certification-services/{name}',
    es: 'Retira una autoridad certificadora: sus certificados dejan de valer',
    en: 'Withdraws a certification service: its certificates count no more',
    roles: ['system'],
    people: 2,
    status: 200,
    answer: ref('Done'),
    run: async (work, { parameters }) => done(await removeCa(work, parameters.name ?? '')),
  },
  {
    id: 'listTimestampingServices',
    method: 'GET',
    path: '/timestamping-services',
    es: 'Las autoridades de sellado de tiempo aprobadas',
    en: 'The approved time-stamping services',
    roles: READERS,
    people: 1,
    status: 200,
    answer: list(ref('TimestampingService')),
    run: async (work) => ok((await work.list<ApprovedTsaRecord>('registry/tsa/')).map(({ value }) => value as unknown as Json)),
  },
  {
    id: 'putTimestampingService',
    method: 'POST',
    path: '/timestamping-services',
    es: 'Aprueba una autoridad de sellado de tiempo',
    en: 'Approves a time-stamping service',
    roles: ['system'],
    people: 2,
    body: SCHEMAS.TimestampingService as Operation['answer'],
    status: 201,
    answer: ref('TimestampingService'),
    run: async (work, { body }) => jsonOf((await putTsa(work, body as unknown as ApprovedTsaRecord)) as unknown as Outcome<Json>),
  },
  {
    id: 'removeTimestampingService',
    method: 'DELETE',
    path: '/timestamping-services/{name}',
    es: 'Retira una autoridad de sellado de tiempo',
    en: 'Withdraws a time-stamping service',
    roles: ['system'],
    people: 2,
    status: 200,
    answer: ref('Done'),
    run: async (work, { parameters }) => done(await removeTsa(work, parameters.name ?? '')),
  },
  {
    id: 'listSigningKeys',
    method: 'GET',
    path: '/configuration/signing-keys',
    es: 'Las claves que firman la configuración',
    en: 'The keys that sign the configuration',
    roles: READERS,
    people: 1,
    status: 200,
    answer: list(ref('SigningKey')),
    run: async (work) => ok((await work.list<SigningKeyRecord>(keys)).map(({ value }) => value)),
  },
  {
    id: 'addSigningKey',
    method: 'POST',
    path: '/configuration/signing-keys',
    es: 'Publica una segunda clave junto a la que firma',
    en: 'Publishes a second key beside the one that signs',
    roles: ['security'],
    people: 2,
    body: object({ key: text(1024), algorithm: text(), certificate: octets }),
    status: 201,
    answer: ref('SigningKey'),
    run: async (work, { body }) =>
      jsonOf(
        await addSigningKey(work, {
          key: textIn(body, 'key'),
          algorithm: textIn(body, 'algorithm'),
          certificate: Buffer.from(textIn(body, 'certificate'), 'base64'),
        }),
      ),
  },
  {
    id: 'switchSigningKey',
    method: 'POST',
    path: '/configuration/signing-keys/{keyId}/activation',
    es: 'La clave nueva firma desde ahora; la anterior sigue publicada',
    en: 'The new key signs from now on; the one before stays published',
    roles: ['security'],
    people: 2,
    status: 200,
    answer: ref('SigningKey'),
    run: async (work, { parameters }) => jsonOf(await switchSigningKey(work, parameters.keyId ?? '')),
  },
  {
    id: 'retireSigningKey',
    method: 'DELETE',
    path: '/configuration/signing-keys/{keyId}',
    es: 'Deja de publicar una clave que no firma',
    en: 'Publishes a key no more that does not sign',
    roles: ['security'],
    people: 2,
    status: 200,
    answer: ref('Done'),
    run: async (work, { parameters }) => done(await retireSigningKey(work, parameters.keyId ?? '')),
  },
  {
    id: 'readAnchor',
    method: 'GET',
    path: '/configuration/anchors/{kind}',
    es: 'El ancla para los nodos propios (internal) o para otra instancia (external), y la huella que se compara de palabra',
    en: 'The anchor for our own nodes (internal) or for another instance (external), and the fingerprint people compare aloud',
    roles: READERS,
    people: 1,
    status: 200,
    answer: object({ file: octets, fingerprint: text() }),
    run: async (work, { parameters, at }) => {
      const { kind } = parameters
      if (kind !== 'internal' && kind !== 'external') return refuse('not_found', `anchor ${kind}`)
      const published = (await work.list<SigningKeyRecord>(keys)).map(({ value }) => value)
      const file = writeAnchor(ownAnchor(await instanceOf(work), published, kind, at))
      return ok({ file: base64(file), fingerprint: anchorFingerprint(file) })
    },
  },
  {
    id: 'listTrustedAnchors',
    method: 'GET',
    path: '/federation',
    es: 'Las anclas de las instancias federadas',
    en: 'The anchors of federated instances',
    roles: READERS,
    people: 1,
    status: 200,
    answer: list(ref('TrustedAnchor')),
    run: async (work) => ok((await work.list<TrustedAnchorRecord>('registry/anchor/')).map(({ value }) => value)),
  },
  {
    id: 'putTrustedAnchor',
    method: 'POST',
    path: '/federation',
    es: 'Recibe el ancla externa de otra instancia, con la huella que su operador dijo de palabra',
    en: "Takes in another instance's external anchor, with the fingerprint its operator said aloud",
    roles: ['security'],
    people: 2,
    body: object({ file: octets, fingerprint: text() }),
    status: 201,
    answer: ref('TrustedAnchor'),
    run: async (work, { body }) =>
      jsonOf(await putTrustedAnchor(work, Buffer.from(textIn(body, 'file'), 'base64'), textIn(body, 'fingerprint'))),
  },
  {
    id: 'removeTrustedAnchor',
    method: 'DELETE',
    path: '/federation/{instance}',
    es: 'Termina la federación con una instancia',
    en: 'Ends the federation with an instance',
    roles: ['security'],
    people: 2,
    status: 200,
    answer: ref('Done'),
    run: async (work, { parameters }) => done(await removeTrustedAnchor(work, parameters.instance ?? '')),
  },
]
