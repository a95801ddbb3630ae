/** Names in the write-once place. Numbers have ten digits, so that the order of names is their order. */
export const JOURNAL = 'journal/'
export const RECEIPTS = 'receipts/'
export const OPERATIONS = 'operations/'
const numbered = (number: number): string => String(number).padStart(10, '0')

export const segmentName = (number: number): string => `${JOURNAL}${numbered(number)}`
export const segmentNumber = (name: string): number => Number(name.slice(JOURNAL.length))
/** The segment that follows one; the first, after ''. */
export const segmentAfter = (name: string): string => segmentName(name === '' ? 1 : segmentNumber(name) + 1)
/** The order of names is that of the last messages (milliseconds since 1970). With no segment: before all of that time. */
export const operationsName = (newest: number, segment: string): string =>
  `${OPERATIONS}${String(newest).padStart(14, '0')}${segment === '' ? '' : `-${segment.slice(JOURNAL.length)}.jsonl`}`
export const operationsTime = (name: string): number => Number.parseInt(name.slice(OPERATIONS.length), 10)
export const planName = (position: number): string => `seals/${numbered(position)}.json`
export const receiptsName = (position: number): string => `${RECEIPTS}${numbered(position)}.jsonl`
export const positionIn = (receipts: string): number => Number.parseInt(receipts.slice(RECEIPTS.length), 10)
export const archiveFileName = (file: string): string => `archive/${file}`
/** `index` counts the records of the position's segments from 0. */
export const setAsideName = (position: number, index: number): string => `set-aside/${numbered(position)}-${numbered(index)}`
