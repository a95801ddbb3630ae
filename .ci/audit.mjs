// Known holes in the packages Sacbé runs with: node .ci/audit.mjs. Ends with 1 for one that is high or critical.
// A registry that gives no advisories (a mirror, no network) is said to be silent and stops nobody: that is a fact of the place, not of the packages.
import { spawnSync } from 'node:child_process'

const { stdout } = spawnSync('npm', ['audit', '--omit=dev', '--json', '--fetch-retries=0', '--fetch-timeout=20000'], {
  encoding: 'utf8',
  timeout: 60_000,
})
const report = (() => {
  try {
    return JSON.parse(stdout)
  } catch {
    return {} // no answer that can be read: the registry was not there
  }
})()

if (!report.vulnerabilities) {
  console.log(`the registry gives no advisories here (${report.message ?? 'no answer'}): packages were not audited`)
  process.exit(0)
}
const grave = Object.values(report.vulnerabilities).filter(({ severity }) => severity === 'high' || severity === 'critical')
for (const { name, severity, range } of grave) console.error(`${severity}: ${name} ${range}`)
console.log(`${Object.keys(report.vulnerabilities).length} advisories, ${grave.length} high or critical`)
process.exit(grave.length > 0 ? 1 : 0)
