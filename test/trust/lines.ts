import { readFileSync } from 'node:fs'

/** The rows of a table under test/trust/data: tab-separated, '#' and empty lines left out. */
export function rowsOf(file: string): readonly (readonly string[])[] {
  return readFileSync(new URL(`./data/${file}`, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split('\t'))
}
