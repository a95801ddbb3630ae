import { existsSync, mkdirSync, renameSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { append, letGo } from '../adapters/local/append.ts'
import type { Now } from '../base/clock.ts'
import { isoInstant } from '../base/clock.ts'
import type { Log } from '../exchange/ports.ts'

const MOST_BYTES = 10 * 1024 * 1024

/**
 * One JSON object a line in <folder>/sacbe.log; at 10 MB the file becomes sacbe.log.1 and a new one begins. On a full disk the line goes to standard
 * error: whoever has something to say is not stopped by it.
 */
export function fileLog(folder: string, now: Now): Log {
  mkdirSync(folder, { recursive: true })
  const file = join(folder, 'sacbe.log')
  let size = existsSync(file) ? statSync(file).size : 0
  return (entry) => {
    const line = `${JSON.stringify({ at: isoInstant(now()), ...entry })}\n`
    try {
      if (size + line.length > MOST_BYTES && existsSync(file)) {
        letGo(file)
        renameSync(file, `${file}.1`)
        size = 0
      }
      append(file, line)
      size += line.length
    } catch (problem) {
      toStandardError(`${String(problem)}: ${line}`)
    }
  }
}

function toStandardError(line: string): void {
  try {
    writeSync(process.stderr.fd, line)
  } catch {} // that may lie on the same disk: nobody is left to be told
}
