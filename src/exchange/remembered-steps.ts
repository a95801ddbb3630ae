import { instant } from '../base/clock.ts'
import { ok } from '../base/result.ts'
import { keyInfoCertificateText, type ParsedSignature, unsignedProperties, xadesPath } from '../evidence/signature-read.ts'
import { CERTIFICATE_STEPS, type CertificateSteps } from '../evidence/verify.ts'
import type { Outcome } from '../protocol/faults.ts'
import { type Certificate, readCertificate } from '../trust/certificates.ts'
import type { OcspVerdict } from '../trust/ocsp.ts'
import { type Memory, putBounded, recalled, remembered } from './memory.ts'
import { sha256, sha256OfLasting } from './ocsp-at-hand.ts'
import type { TrustInForce } from './ports.ts'
import { goodUntil } from './verdict-time.ts'

const ALWAYS = { from: instant(0), until: instant(Number.MAX_SAFE_INTEGER) }

/** A certificate read once and known by its octets: what it says does not change, whatever the time. */
export function certificateFrom(der: Uint8Array, { verdicts }: Memory): Outcome<Certificate> {
  return remembered(verdicts, `read ${sha256OfLasting(der)}`, ALWAYS.from, () => {
    const read = readCertificate(der)
    return read.ok ? ok({ value: read.value, until: ALWAYS.until }) : read
  })
}

/** The steps of verification that are the same for one message after the other, with good outcomes remembered as long as they hold. */
export function rememberedSteps({ configuration }: TrustInForce, { verdicts, forms }: Memory): CertificateSteps {
  const judgedKey = (profile: string, instance: string, certificate: Certificate, issuer: Certificate, evidence: string) =>
    ['judged', configuration, profile, instance, sha256OfLasting(certificate.der), sha256OfLasting(issuer.der), evidence].join(' ')
  return {
    read: (parsed) => {
      const text = keyInfoCertificateText(parsed)
      if (text === undefined) return CERTIFICATE_STEPS.read(parsed)
      return remembered<Certificate>(verdicts, signerKey(text), ALWAYS.from, () => {
        const certificate = CERTIFICATE_STEPS.read(parsed)
        return certificate.ok ? ok({ value: certificate.value, until: ALWAYS.until }) : certificate
      })
    },
    judge: (parsed, certificate, issuer, trust, at, profile, instance) => {
      const ask = () => CERTIFICATE_STEPS.judge(parsed, certificate, issuer, trust, at, profile, instance)
      const evidence = evidenceIn(parsed)
      if (evidence === undefined) return ask()
      return remembered(verdicts, judgedKey(profile, instance, certificate, issuer, sha256(evidence)), at, () => {
        const verdict = ask()
        return verdict.ok ? ok({ value: verdict.value, until: goodUntil(trust, at, [certificate], verdict.value) }) : verdict
      })
    },
    known: {
      certificate: (text) => recalled<Certificate>(verdicts, signerKey(text), ALWAYS.from),
      evidence: sha256,
      verdict: (evidence, certificate, issuer, at, instance) =>
        recalled<OcspVerdict>(verdicts, judgedKey('strict', instance, certificate, issuer, evidence), at),
      form: (name) => forms.get(name),
      learn: (name, form) => putBounded(forms, name, form),
    },
  }
}

const signerKey = (text: string): string => `signer ${sha256(text)}`

/** The text of all that a signature brings along for its certificate; undefined when there are intermediates, which end on their own. */
function evidenceIn(parsed: ParsedSignature): string | undefined {
  const unsigned = unsignedProperties(parsed)
  if (!unsigned || xadesPath(unsigned, 'CompleteCertificateRefs')) return undefined
  return parsed.document.text.slice(unsigned.start, unsigned.end)
}
