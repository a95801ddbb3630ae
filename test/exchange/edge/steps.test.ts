import { describe, expect, test } from 'vitest'
import { instant, later, SECOND } from '../../../src/base/clock.ts'
import { type ActualDomain, type ActualEdge, type DesiredDomain, type EdgeStep, edgeSteps } from '../../../src/exchange/edge/steps.ts'
import { NOON } from '../../trust/authority.ts'

const provider: DesiredDomain = {
  name: 'dif.example',
  api: 'api1',
  stage: '$default',
  certificate: 'arn:a',
  ownership: 'arn:public',
  trustStore: 'truststore/1.pem',
}
const consumer: DesiredDomain = { name: 'c.dif.example', api: 'rest1', stage: 'live', certificate: 'arn:c', trustStore: 'truststore/2.pem' }
const target = { host: 'd-1.execute-api.example', zone: 'Z1' }
/** The domain as it stands when all is done. */
const settled = ({ certificate, ownership, trustStore, api, stage }: DesiredDomain, but: Partial<ActualDomain> = {}): ActualDomain => ({
  status: 'AVAILABLE',
  certificate,
  ...(ownership === undefined ? {} : { ownership }),
  trustStore,
  warnings: [],
  target,
  mapping: { id: 'm1', api, stage },
  pointed: target.host,
  ...but,
})
const edge = (domains: Record<string, ActualDomain>, changed?: number): ActualEdge => ({
  domains: new Map(Object.entries(domains)),
  ...(changed === undefined ? {} : { changed: instant(changed) }),
})
const without = ({ mapping: _, pointed: __, ...rest }: ActualDomain): ActualDomain => rest
const in30 = later(NOON, 30 * SECOND)

const ROWS: readonly (readonly [what: string, desired: readonly DesiredDomain[], actual: ActualEdge, steps: readonly EdgeStep[]])[] = [
  ['nothing wished, nothing done', [], edge({ 'dif.example': settled(provider) }), []],
  ['all as it should be', [provider, consumer], edge({ 'dif.example': settled(provider), 'c.dif.example': settled(consumer) }), []],
  ['a first domain is made at once', [provider], edge({}), [{ do: 'create', domain: provider }]],
  [
    'of two, the second waits half a minute',
    [provider, consumer],
    edge({}),
    [
      { do: 'create', domain: provider },
      { do: 'wait', name: 'c.dif.example', until: in30 },
    ],
  ],
  [
    'after a change ten seconds ago, both wait, one after the other',
    [provider, consumer],
    edge({}, NOON - 10 * SECOND),
    [
      { do: 'wait', name: 'dif.example', until: later(NOON, 20 * SECOND) },
      { do: 'wait', name: 'c.dif.example', until: later(NOON, 50 * SECOND) },
    ],
  ],
  [
    'a change that lies in the future was made by a clock that was wrong',
    [provider],
    edge({}, NOON + 1e9),
    [{ do: 'create', domain: provider }],
  ],
  [
    'a renewed certificate is put in place of the old one',
    [{ ...provider, certificate: 'arn:b' }],
    edge({ 'dif.example': settled(provider) }),
    [{ do: 'update', domain: { ...provider, certificate: 'arn:b' } }],
  ],
  [
    'a new trust store likewise',
    [{ ...provider, trustStore: 'truststore/3.pem' }],
    edge({ 'dif.example': settled(provider) }),
    [{ do: 'update', domain: { ...provider, trustStore: 'truststore/3.pem' } }],
  ],
  [
    'a new certificate of ownership likewise',
    [{ ...provider, ownership: 'arn:public2' }],
    edge({ 'dif.example': settled(provider) }),
    [{ do: 'update', domain: { ...provider, ownership: 'arn:public2' } }],
  ],
  [
    'a domain at which the gateway is at work is left alone, whatever is wished of it',
    [{ ...provider, certificate: 'arn:b' }],
    edge({ 'dif.example': settled(provider, { status: 'UPDATING' }) }),
    [{ do: 'wait', name: 'dif.example', until: later(NOON, 15 * SECOND) }],
  ],
  [
    'a new domain is mapped before it is named',
    [provider],
    edge({ 'dif.example': without(settled(provider)) }),
    [{ do: 'map', domain: provider }],
  ],
  [
    'a mapping to another API is changed, not added to',
    [provider],
    edge({ 'dif.example': settled(provider, { mapping: { id: 'm9', api: 'old', stage: '$default' } }) }),
    [{ do: 'map', domain: provider, instead: { id: 'm9', api: 'old', stage: '$default' } }],
  ],
  [
    'a name that leads elsewhere is led here',
    [provider],
    edge({ 'dif.example': settled(provider, { pointed: 'd-0.execute-api.example' }) }),
    [{ do: 'point', name: 'dif.example', target }],
  ],
  [
    'what only a person ends is told, and the rest goes on',
    [provider],
    edge({ 'dif.example': settled(provider, { status: 'PENDING_OWNERSHIP_VERIFICATION', warnings: ['expired'], pointed: 'x' }) }),
    [
      { do: 'tell', name: 'dif.example', status: 'PENDING_OWNERSHIP_VERIFICATION' },
      { do: 'tell', name: 'dif.example', status: 'expired' },
      { do: 'point', name: 'dif.example', target },
    ],
  ],
  [
    'a domain that waits for a certificate is given the one that is wished',
    [{ ...provider, certificate: 'arn:b' }],
    edge({ 'dif.example': settled(provider, { status: 'PENDING_CERTIFICATE_REIMPORT' }) }),
    [{ do: 'update', domain: { ...provider, certificate: 'arn:b' } }],
  ],
  [
    "one domain's change does not hold up the other's mapping",
    [{ ...provider, certificate: 'arn:b' }, consumer],
    edge({ 'dif.example': settled(provider), 'c.dif.example': without(settled(consumer)) }),
    [
      { do: 'update', domain: { ...provider, certificate: 'arn:b' } },
      { do: 'map', domain: consumer },
    ],
  ],
]

describe('what is to be done at the edge', () => {
  for (const [what, desired, actual, steps] of ROWS) test(what, () => expect(edgeSteps(desired, actual, NOON)).toEqual(steps))
})
