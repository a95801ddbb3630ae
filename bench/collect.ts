import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
/** Collects garbage now: what is left is held. */
export const collect = runInNewContext('gc') as () => void
