import { ok } from '../../base/result.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'
import { type ClientId, memberOf } from '../../protocol/identifiers.ts'
import { type Asked, KEYS, type RequestType, type SubsystemRecord } from '../../trust/registry/records.ts'
import type { Work } from '../register/work.ts'
import { putSubsystem } from './members.ts'
import {
  changeOwner,
  registerCertificate,
  registerClient,
  removeClient,
  serverOf,
  setAddress,
  setClientEnabled,
  setMaintenance,
  withdrawCertificate,
} from './servers.ts'

/** What each kind of request does once it is approved. */
const EFFECTS: { readonly [type in RequestType]: (work: Work, asked: Asked) => Promise<Outcome<unknown>> } = {
  authCertReg: (work, { server, certificate, address }) => registerCertificate(work, server, certificate ?? '', address),
  authCertDeletion: async (work, { server, certificate }) => {
    const there = await serverOf(work, server)
    if (there.ok && there.value.certificates.includes(certificate ?? '')) return withdrawCertificate(work, server, certificate ?? '')
    return ok(true) // it was only waiting, and that was taken back
  },
  clientReg: (work, { server, client, name }) => withClient(client, (id) => registerClient(work, server, id, name)),
  clientDeletion: async (work, { server, client }) => {
    const there = await serverOf(work, server)
    const isThere = there.ok && there.value.clients.some(({ id }) => client && KEYS.subsystem(id) === KEYS.subsystem(client))
    return isThere ? withClient(client, (id) => removeClient(work, server, id)) : ok(true)
  },
  clientDisable: (work, { server, client }) => withClient(client, (id) => setClientEnabled(work, server, id, false)),
  clientEnable: (work, { server, client }) => withClient(client, (id) => setClientEnabled(work, server, id, true)),
  clientRename: (work, { client, name }) =>
    withClient(client, async (id) => {
      const there = await work.get<SubsystemRecord>(KEYS.subsystem(id))
      return there ? putSubsystem(work, { id, ...(name === undefined ? {} : { name }) }) : refuse('not_found', 'that subsystem')
    }),
  ownerChange: (work, { server, client }) => withClient(client, (id) => changeOwner(work, server, memberOf(id))),
  addressChange: async (work, { server, address }) =>
    address === undefined ? refuse('bad_request', 'no address') : setAddress(work, server, address),
  maintenanceModeEnable: (work, { server, message }) => setMaintenance(work, server, message === undefined ? {} : { message }),
  maintenanceModeDisable: (work, { server }) => setMaintenance(work, server, undefined),
}

export const effectOf = (work: Work, asked: Asked): Promise<Outcome<unknown>> => EFFECTS[asked.type](work, asked)

const withClient = async (client: ClientId | undefined, then: (id: ClientId) => Promise<Outcome<unknown>>): Promise<Outcome<unknown>> =>
  client ? then(client) : refuse('bad_request', 'no client')
