/** What a scenario's step may do with a running world: call as an information system would, and look at the evidence. */
export type WorldView = {
  readonly instance: string
  readonly now: () => number
  /** As the information system of `client`, over TLS with its certificate, at its node's own door. Adds X-Road-Client. */
  readonly call: (client: string, call: ClientCall) => Promise<ClientAnswer>
  /** The records of one message that a node has, kept or sealed. Empty when it never saw it. */
  readonly evidence: (node: string, messageId: string) => Promise<readonly EvidenceRow[]>
  /** Requests a program's process has answered since it started; counted at the node that calls it. */
  readonly serviceCalls: (service: string) => number
  /**
   * Waits until the records are sealed, then writes containers, the trust of their day and a README into a folder.
   * @returns the folder and the containers in it.
   */
  readonly exportEvidence: (
    node: string,
    messageId: string,
  ) => Promise<{ readonly folder: string; readonly trust: string; readonly containers: readonly ContainerFile[] }>
  /** `sacbe verify --json` in a fresh process, on those files only. */
  readonly verify: (files: readonly string[], trust: string, profile?: 'strict' | 'stock') => Promise<readonly Verdict[]>
}

export type ClientCall = {
  readonly method: string
  /** 'QRO/GOB/SEDESOQ/PADRON/beneficiario.consulta.v1' */
  readonly service: string
  /** '/beneficiarios/ZELM850314MQTPNRZ9', with a query if any; '' for the bare service. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
}
export type ClientAnswer = {
  readonly status: number
  readonly headers: readonly (readonly [string, string])[]
  readonly body: Uint8Array
  readonly milliseconds: number
  /** X-Road-Id of the answer, or '' when a fault came before one was given. */
  readonly messageId: string
}
export type EvidenceRow = {
  readonly node: string
  readonly side: 'consumer' | 'provider'
  readonly direction: 'request' | 'response'
  readonly messageId: string
  readonly requestId: string
  readonly client: string
  readonly service: string
  /** ISO 8601 UTC. */
  readonly at: string
  readonly state: 'kept' | 'sealed' | 'set-aside'
}
export type ContainerFile = { readonly file: string; readonly direction: 'request' | 'response' }
/** One line of `sacbe verify --json`. */
export type Verdict = {
  readonly file: string
  readonly verdict: 'valid' | 'invalid'
  readonly code: string | null
  readonly why: string | null
}
