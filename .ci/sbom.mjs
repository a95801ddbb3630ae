// What Sacbé is made of, as CycloneDX 1.6 JSON, from the lockfile and the packages installed: node .ci/sbom.mjs [--run] > sbom.json
// --run: without what is needed for development only. No clock and no chance in it: the same lockfile gives the same bytes.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'

const root = new URL('../', import.meta.url)
const json = (name) => JSON.parse(readFileSync(new URL(name, root), 'utf8'))

/** Every package of the lockfile by its path; `licence` as the package itself says where the lockfile does not. */
export function packages({ run = false } = {}) {
  return Object.entries(json('package-lock.json').packages)
    .filter(([path, { dev, devOptional }]) => path !== '' && !(run && (dev || devOptional)))
    .map(([path, row]) => ({ path, name: path.replace(/^.*node_modules\//, ''), ...row, licence: row.license ?? licenceOf(path) }))
}

function licenceOf(path) {
  const file = `${path}/package.json`
  if (!existsSync(new URL(file, root))) return undefined
  const { license } = json(file)
  return typeof license === 'string' ? license : license?.type
}

const purl = ({ name, version }) => `pkg:npm/${name.replace('@', '%40')}@${version}`
const isExpression = (licence) => / (OR|AND|WITH) /.test(licence)

function component(each) {
  const { name, version, integrity, licence, dev, optional } = each
  const hash = integrity && { alg: 'SHA-512', content: Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex') }
  return {
    type: 'library',
    'bom-ref': `${purl(each)}#${each.path}`,
    name,
    version,
    scope: dev ? 'excluded' : optional ? 'optional' : 'required',
    purl: purl(each),
    ...(hash ? { hashes: [hash] } : {}),
    ...(licence ? { licenses: [isExpression(licence) ? { expression: licence } : { license: { id: licence } }] } : {}),
  }
}

export function sbom(options) {
  const own = json('package.json')
  const components = packages(options).map(component)
  const digest = createHash('sha256').update(JSON.stringify(components)).digest('hex')
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    serialNumber: `urn:uuid:${digest.slice(0, 8)}-${digest.slice(8, 12)}-8${digest.slice(13, 16)}-8${digest.slice(17, 20)}-${digest.slice(20, 32)}`,
    version: 1,
    metadata: {
      component: {
        type: 'application',
        name: own.name,
        version: own.version,
        'bom-ref': 'sacbe',
        licenses: [{ license: { id: own.license } }],
      },
    },
    components,
  }
}

/** Licence → packages, most first: what a lawyer asks for. */
export function licences(options) {
  const found = Map.groupBy(packages(options), ({ licence }) => licence ?? 'not installed here')
  return [...found]
    .map(([licence, list]) => [licence, [...new Set(list.map(({ name }) => name))].sort()])
    .sort((a, b) => b[1].length - a[1].length)
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const options = { run: process.argv.includes('--run') }
  if (!process.argv.includes('--licences')) console.log(JSON.stringify(sbom(options), null, 1))
  else for (const [licence, names] of licences(options)) console.log(`${licence} (${names.length}): ${names.join(', ')}`)
}
