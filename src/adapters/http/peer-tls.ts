import type { ConnectionOptions } from 'node:tls'

/** Best first. The last three are all that stock servers speak, on TLS 1.2: without them nobody there is reached. */
export const PEER_SUITES: string = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES256-SHA384',
  'DHE-RSA-AES256-SHA256',
  'ECDHE-ECDSA-AES256-SHA384',
].join(':')

/** Between nodes, at either end. Who the other is is judged by its registered certificate, never by a name or an authority of the machine's. */
export const PEER_TLS = {
  minVersion: 'TLSv1.2',
  maxVersion: 'TLSv1.3',
  ciphers: PEER_SUITES,
  rejectUnauthorized: false,
} as const satisfies ConnectionOptions
