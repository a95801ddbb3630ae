import type { Refused } from '../base/result.ts'
import { sentenceOf } from '../protocol/fault-sentence.ts'
import { codeOf, type Fault } from '../protocol/faults.ts'
import { EXIT, type Io, inLanguage } from './io.ts'

/** Says a fault to a person, with the detail that names the row, and gives the exit code for "could not run". */
export function tellFault({ fault }: Refused<Fault>, io: Io): number {
  io.err(`${inLanguage(sentenceOf(fault), io.lang)} (${fault.detail}) [${codeOf(fault)}]`)
  return EXIT.cannot
}
