import type { ArchiveRun } from '../../src/exchange/archive.ts'

/** How many messages lie in the evidence queue and in its dead letters after a run. */
export type Depths = { readonly queue: number; readonly deadLetters: number }

/**
 * Why the evidence line is not clear after a run; empty when it is. The invocation then fails on purpose: its errors are the agency's one alarm.
 * Messages come in while a run ends; but a run that was given none while some lie there has lost sight of them.
 */
export function whyNotClear({ secured, busy, waiting, setAside }: ArchiveRun, { queue, deadLetters }: Depths): readonly string[] {
  return [
    ...(waiting ? [`sealing waits: ${waiting.path.join('.')}`] : []),
    ...(setAside > 0 ? [`${setAside} set aside`] : []),
    ...(deadLetters > 0 ? [`${deadLetters} dead letters`] : []),
    ...(queue > 0 && secured === 0 && !busy ? [`${queue} in the queue, and none was to be had`] : []),
  ]
}
