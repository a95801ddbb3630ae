import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Instant } from '../../base/clock.ts'
import { readTariff, type Tariff } from '../../metering/tariff.ts'
import { type Outcome, refuse } from '../../protocol/faults.ts'

/** The prices that come with the program. */
const BUNDLED = fileURLToPath(new URL('../../metering/prices/aws-2026-11-23.json', import.meta.url))

/**
 * The prices of a Region, from a file or from the one that comes with us.
 * Refuses with 'invalid_tariff', naming the file and what is wrong in it.
 */
export function loadTariff(file: string | undefined, region: string, at: Instant): Outcome<Tariff> {
  const path = file ?? BUNDLED
  const content = jsonIn(path)
  if (content === undefined) return refuse('invalid_tariff', `${path} cannot be read, or is not JSON`)
  const tariff = readTariff(content, region, at)
  return tariff.ok ? tariff : refuse('invalid_tariff', `${basename(path)}: ${tariff.fault.detail}`)
}

function jsonIn(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'))
  } catch {
    return undefined // whoever asked says which file
  }
}
