/**
 * Things of a list by name, in constant time: the index is made at the first question and kept as long as the list, which nobody changes in place.
 * In document order; a name that comes twice has both.
 */
export function indexed<T>(nameOf: (item: T) => string): (items: readonly T[], name: string) => readonly T[] {
  const indexes = new WeakMap<readonly T[], Map<string, T[]>>()
  return (items, name) => {
    const known = indexes.get(items) ?? indexOf(items, nameOf)
    indexes.set(items, known)
    return known.get(name) ?? []
  }
}

function indexOf<T>(items: readonly T[], nameOf: (item: T) => string): Map<string, T[]> {
  const index = new Map<string, T[]>()
  for (const item of items) {
    const name = nameOf(item)
    const there = index.get(name)
    if (there) there.push(item)
    else index.set(name, [item])
  }
  return index
}
