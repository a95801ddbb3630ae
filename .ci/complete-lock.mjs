// Completes package-lock.json after `npm install`: node .ci/complete-lock.mjs
// npm leaves an optional package for another platform out of the lockfile when the registry at hand does not hold it, and `npm ci`
// then refuses the lockfile everywhere. Each one left out gets its row: version and platform, which is all that is needed to pass it over.
import { readFileSync, writeFileSync } from 'node:fs'

const file = new URL('../package-lock.json', import.meta.url)
const lock = JSON.parse(readFileSync(file, 'utf8'))
const SYSTEMS = ['android', 'darwin', 'freebsd', 'linux', 'openharmony', 'win32']
const CPUS = ['arm64', 'arm', 'ia32', 'ppc64', 'riscv64', 's390x', 'x64']

/** '@biomejs/cli-linux-x64-musl' → os linux, cpu x64, libc musl. */
function platformOf(name) {
  const words = name.split('/').at(-1).split('-')
  const [os, cpu] = [SYSTEMS.find((word) => words.includes(word)), CPUS.find((word) => words.includes(word))]
  if (!os || !cpu) throw new Error(`${name}: which platform is it for?`)
  const libc = words.at(-1) === 'musl' ? 'musl' : words.at(-1) === 'gnu' ? 'glibc' : undefined
  return { os: [os], cpu: [cpu], ...(libc ? { libc: [libc] } : {}) }
}

for (const [path, { optionalDependencies, dev }] of Object.entries(lock.packages)) {
  if (path === '') continue
  for (const [name, version] of Object.entries(optionalDependencies ?? {})) {
    const there = [`node_modules/${name}`, `${path}/node_modules/${name}`].some((place) => place in lock.packages)
    if (!there) lock.packages[`node_modules/${name}`] = { version, ...platformOf(name), ...(dev ? { dev } : {}), optional: true }
  }
}
const [root, ...rest] = Object.entries(lock.packages)
lock.packages = Object.fromEntries([root, ...rest.sort(([a], [b]) => (a < b ? -1 : 1))])
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
