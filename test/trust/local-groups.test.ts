import { describe, expect, test } from 'vitest'
import { mayCall, WHOLE_SERVICE } from '../../src/trust/access.ts'
import { checkLocalGroups, type LocalGroup, localGroupOf } from '../../src/trust/local-groups.ts'
import { client, exampleTrust, member, service } from './example.ts'

const consulta = service('SEDESOQ', 'PADRON', 'consulta')
const apoyos = client('DIF', 'APOYOS')
const amigos: LocalGroup = { owner: client('SEDESOQ', 'PADRON'), code: 'amigos', description: '', members: [apoyos] }

describe('a local group', () => {
  test('of the owner opens its service to exactly those in it', () => {
    const subject = localGroupOf([amigos], consulta, 'amigos')
    if (!subject.ok) throw new Error(subject.fault.detail)
    const rights = [{ service: consulta, subject: subject.value, endpoint: WHOLE_SERVICE }]
    const may = (who: typeof apoyos) => mayCall(rights, { client: who, service: consulta, method: 'GET', path: '/' }, exampleTrust()).ok
    expect([may(apoyos), may(member('DIF')), may(client('DIF', 'PADRON'))]).toEqual([true, false, false])
  })
  test.each<[string, readonly LocalGroup[], string]>([
    ['of another owner', [{ ...amigos, owner: client('DIF', 'PADRON') }], 'amigos'],
    ['of the owner’s member', [{ ...amigos, owner: member('SEDESOQ') }], 'amigos'],
    ['of another code', [amigos], 'Amigos'],
  ])('%s is none of the service’s', (_, groups, code) =>
    expect(localGroupOf(groups, consulta, code)).toMatchObject({ ok: false, fault: { path: ['malformed_server_conf'] } }),
  )
  test('has a code of its own among its owner’s, not among all', () => {
    expect(checkLocalGroups([amigos, { ...amigos, owner: apoyos }]).ok).toBe(true)
    expect(checkLocalGroups([amigos, amigos]).ok).toBe(false)
    expect(checkLocalGroups([{ ...amigos, code: ' ' }]).ok).toBe(false)
  })
})
