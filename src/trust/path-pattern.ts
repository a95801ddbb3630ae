/**
 * Does a path pattern of an access right match a whole path?
 *
 * `*` takes any run without '/', also an empty one, and never gives back: '/a/*.json' matches nothing. `**` (or more stars) takes
 * anything, '/' too. `\*` and `\\` stand for themselves, every other character for itself.
 * No backtracking: after a `**` each start is tried once. Source: the access-rights globs of X-Road servers, run and compared.
 *
 * @param pattern as stored in a right, with the stars and escapes above
 * @param path    decoded, without the query
 */
export function matchesPath(pattern: string, path: string): boolean {
  const blocks = blocksOf(pattern)
  if (blocks.length === 1) return endOf(blocks[0] as Block, path, 0) === path.length
  let at = endOf(blocks[0] as Block, path, 0)
  for (const block of blocks.slice(1, -1)) at = at < 0 ? at : earliestEnd(block, path, at)
  return at >= 0 && endsWithBlock(blocks.at(-1) as Block, path, at)
}

/** What stands between two `**`: literal texts, with a `*` between each and the next. */
type Block = readonly string[]

/** One token at a time: a run of stars, an escaped star or backslash, any other character. */
const TOKEN = /\*+|\\[*\\]|./gs

function blocksOf(pattern: string): readonly Block[] {
  const blocks: string[][] = [['']]
  for (const [token] of pattern.matchAll(TOKEN)) {
    const block = blocks.at(-1) as string[]
    if (token === '*') block.push('')
    else if (token.startsWith('*')) blocks.push([''])
    else block.push((block.pop() ?? '') + token.slice(-1))
  }
  return blocks
}

/** Where a block that starts at `from` ends, or -1. One way only: a star runs to the next '/'. */
function endOf(block: Block, path: string, from: number): number {
  let at = from
  for (const [index, text] of block.entries()) {
    if (index > 0) at = segmentEnd(path, at)
    if (!path.startsWith(text, at)) return -1
    at += text.length
  }
  return at
}

const segmentEnd = (path: string, from: number): number => {
  const slash = path.indexOf('/', from)
  return slash < 0 ? path.length : slash
}

/** The first end a block can have at or after `from`. A later start never ends earlier, so the first start that fits is the best. */
function earliestEnd(block: Block, path: string, from: number): number {
  for (let start = from; start <= path.length; start++) {
    const end = endOf(block, path, start)
    if (end >= 0) return end
  }
  return -1
}

function endsWithBlock(block: Block, path: string, from: number): boolean {
  for (let start = from; start <= path.length; start++) if (endOf(block, path, start) === path.length) return true
  return false
}
