import { CENTRE_MS, centreInAws } from '../../src/adapters/aws/centre.ts'
import { awsFromEnvironment, machineNow, RUNTIME_SETTINGS } from '../../src/adapters/aws/environment.ts'
import { jsonLog } from '../../src/adapters/aws/json-log.ts'
import { publicKeyByRole, signByRole } from '../../src/adapters/aws/kms-role-keys.ts'
import { nodeAnchor } from '../../src/exchange/centre/anchors.ts'
import { authoritiesNow, USUAL_TERMS } from '../../src/exchange/centre/authority-schedule.ts'
import { certificateRegister } from '../../src/exchange/centre/certificate-register.ts'
import { type CertificateWish, issueRegistered } from '../../src/exchange/centre/issue-certificate.ts'
import { ownTrust } from '../../src/exchange/centre/own-trust.ts'
import { readRecords } from '../../src/exchange/centre/read-records.ts'
import { askedBug, type Called, isAsked } from '../asked.ts'
import { door } from '../door.ts'
import type { GatewayEvent, GatewayResult } from '../http.ts'
import { readSettings } from '../settings.ts'
import { type Kept, keepHandler } from './ceremony.ts'
import { caHandler } from './handler.ts'
import { CA_SETTINGS } from './settings.ts'

const settings = readSettings([...CA_SETTINGS, ...RUNTIME_SETTINGS], process.env)
const { log, logContext } = jsonLog((line) => process.stdout.write(line), machineNow)
const aws = awsFromEnvironment(process.env, CENTRE_MS)
const centre = centreInAws(aws, { table: settings.REGISTRY_TABLE, bucket: settings.PUBLICATION_BUCKET, now: machineNow, log })
const register = certificateRegister(centre.store, centre)
const sign = signByRole(aws, { ca: settings.CA_KEY })

const anchor = async () => {
  const records = await readRecords(centre.store)
  if (!records) throw new Error('the centre is not set up')
  return nodeAnchor(records.instance, records.signingKeys)
}
const issue = async (wish: CertificateWish) => {
  const { ca } = await authoritiesNow(centre.store)
  return issueRegistered(wish, { ...centre, ca, sign, register, ocspUrl: `${settings.CENTRE_URL}/ocsp` })
}

const answer = caHandler({ ...centre, register, issue, anchor, currentTrust: ownTrust(centre) })
const keep = keepHandler({
  ...centre,
  sign,
  instance: settings.INSTANCE,
  url: settings.CENTRE_URL,
  makeKey: publicKeyByRole(aws, { ca: settings.CA_KEY, ocsp: settings.OCSP_KEY, tsa: settings.TSA_KEY }),
  terms: USUAL_TERMS,
})

/** The certification authority's door in AWS: nodes ask it by its address, a schedule looks after its keys, an operator holds the ceremony. */
export const handler = door<GatewayEvent | Called, GatewayResult | Kept>(async (event) => (isAsked(event) ? answer(event) : keep(event)), {
  log,
  logContext,
  answerBug: askedBug,
})
