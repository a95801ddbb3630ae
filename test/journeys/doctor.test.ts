import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openKeys } from '../../src/adapters/local/keys.ts'
import { openNodeStore } from '../../src/adapters/local/node-store.ts'
import { DAY, instant, later } from '../../src/base/clock.ts'
import { heldFrom, identityIn, putIdentity } from '../../src/exchange/life/identity.ts'
import { openAuthorities, publicKeyDer } from '../../src/local/authorities.ts'
import type { Finding } from '../../src/local/doctor.ts'
import { freePort } from '../../src/local/free-port.ts'
import { closeServer, listen } from '../../src/local/listen.ts'
import { readCertificate } from '../../src/trust/certificates.ts'
import { issueCertificate } from '../../src/trust/issue.ts'
import { sacbe, standing, standingScript } from './commands.ts'

const PASSPHRASE = { SACBE_PASSPHRASE: 'nopal azul' }
type Fault = { readonly name: string; readonly hops: readonly string[]; readonly inject: () => Promise<() => Promise<unknown>> }

test('doctor names the broken hop: eight faults from outside, two pairs, and nothing in a healthy world', {
  timeout: 600_000,
}, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sacbe-doctor-'))
  const servicePort = await freePort()
  let service: Server | undefined
  const serve = async () => {
    service = createServer((_, response) => response.end('{}'))
    await listen(service, servicePort)
  }
  const stop = async () => service && closeServer(service, new Set(), 0)
  await serve()
  try {
    await using world = standingScript(join(import.meta.dirname, 'doctor-world.ts'), [folder, `http://127.0.0.1:${servicePort}`], {})
    await world.says(/the world answers/)
    let register = standing(['node', 'run', 'register', '--home', folder, '--lang', 'en'], PASSPHRASE)
    await register.says(/serves/)
    const broken = async (): Promise<readonly string[]> => {
      const { out, err } = await sacbe(['doctor', '--home', folder, '--json', '--lang', 'en'], PASSPHRASE)
      if (err !== '') throw new Error(err)
      const found = out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Finding)
      return [...new Set(found.filter(({ state }) => state === 'broken').map(({ node, hop }) => `${node} ${hop}`))].sort()
    }
    const shut =
      (...doors: readonly string[]) =>
      async () => {
        const before = readShut(folder, 'shut.json')
        await shutExactly(folder, [...before, ...doors])
        return () => shutExactly(folder, before)
      }
    const system = join(folder, 'nodes/bank/systems/EE-COM-222-bank')
    const stranger: Fault['inject'] = async () => {
      cpSync(join(system, 'certificate.pem'), join(system, 'kept.pem'))
      cpSync(join(folder, 'nodes/bank/certificates/door.pem'), join(system, 'certificate.pem'))
      return async () => cpSync(join(system, 'kept.pem'), join(system, 'certificate.pem'))
    }
    const serviceDown: Fault['inject'] = async () => {
      await stop()
      return serve
    }
    const skewed: Fault['inject'] = async () => {
      writeFileSync(join(folder, 'skew.json'), '120000')
      return async () => writeFileSync(join(folder, 'skew.json'), '0')
    }
    const peerGone: Fault['inject'] = async () => {
      await register[Symbol.asyncDispose]()
      return async () => {
        register = standing(['node', 'run', 'register', '--home', folder, '--lang', 'en'], PASSPHRASE)
        await register.says(/serves/)
      }
    }
    const faults: readonly Fault[] = [
      { name: 'wrong client certificate', hops: ['bank client'], inject: stranger },
      { name: 'expired certificate', hops: ['bank certificate'], inject: () => expired(folder) },
      { name: 'OCSP down', hops: ['bank ocsp', 'register ocsp'], inject: shut('ocsp') },
      { name: 'TSA down', hops: ['bank tsa', 'register tsa'], inject: shut('timestamp') },
      { name: 'skewed clock', hops: ['bank clock'], inject: skewed },
      { name: 'unreachable peer', hops: ['bank peer', 'register node'], inject: peerGone },
      { name: 'service down', hops: ['register service'], inject: serviceDown },
      { name: 'stale configuration', hops: ['bank configuration', 'register configuration'], inject: shut('published') },
      {
        name: 'TSA down and service down',
        hops: ['bank tsa', 'register service', 'register tsa'],
        inject: both(shut('timestamp'), serviceDown),
      },
      {
        name: 'OCSP down and wrong client certificate',
        hops: ['bank client', 'bank ocsp', 'register ocsp'],
        inject: both(shut('ocsp'), stranger),
      },
    ]
    expect(await broken()).toEqual([])
    let right = 0
    for (const { name, hops, inject } of faults) {
      const undo = await inject()
      const named = await broken()
      await undo()
      expect([name, named]).toEqual([name, hops])
      right++
    }
    expect(await broken()).toEqual([])
    console.log(`doctor: the right hop in ${right} of ${faults.length}, none in the healthy world, before and after`)
    await register[Symbol.asyncDispose]()
  } finally {
    await stop()
    rmSync(folder, { recursive: true, force: true })
  }
})

const readShut = (folder: string, name: string): readonly string[] => {
  try {
    return JSON.parse(readFileSync(join(folder, name), 'utf8')) as readonly string[]
  } catch {
    return [] // nothing was shut yet
  }
}

/** Waits until the world has done it. */
async function shutExactly(folder: string, doors: readonly string[]): Promise<void> {
  writeFileSync(join(folder, 'asked.part'), JSON.stringify(doors))
  renameSync(join(folder, 'asked.part'), join(folder, 'shut.json'))
  while (readShut(folder, 'is-shut.json').join() !== doors.join()) await pause(50)
}

const both =
  (one: Fault['inject'], other: Fault['inject']): Fault['inject'] =>
  async () => {
    const undo = [await one(), await other()]
    return async () => {
      for (const each of undo.reverse()) await each()
    }
  }

/** The bank's signing certificate, issued by the centre's own key for a year that is over, in the place of the one it has. */
async function expired(folder: string): Promise<() => Promise<unknown>> {
  const now = instant(Date.now())
  const authorities = await openAuthorities(join(folder, 'centre/authorities'), 'nopal azul', 'EE', now)
  const keys = await openKeys(join(folder, 'nodes/bank/keys'), 'nopal azul')
  const { store, close } = openNodeStore(join(folder, 'nodes/bank/node.sqlite'))
  const { identity } = await identityIn(store)
  const held = identity.held.find(({ use }) => use === 'signing')
  const read = held && readCertificate(Buffer.from(held.certificate, 'base64'))
  if (!authorities.ok || !keys.ok || !held || !read?.ok) throw new Error('no bank to cheat')
  const order = { use: 'signing', serial: 99_999n, subject: read.value.subject.der, publicKey: publicKeyDer(keys.value, held.key) } as const
  const period = { notBefore: later(now, -400 * DAY), notAfter: later(now, -DAY) }
  const der = await issueCertificate({ ...order, ...period }, authorities.value.ca, authorities.value.sign)
  const old = heldFrom(held, der)
  const put = async (certificate: typeof held) => {
    const { identity: before, version } = await identityIn(store)
    await putIdentity(store, { ...before, held: before.held.map((each) => (each.key === held.key ? certificate : each)) }, version)
  }
  await put(old)
  return async () => {
    await put(held)
    await close()
  }
}
