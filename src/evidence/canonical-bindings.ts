/** Prefix → namespace while a tree is walked. Leaving an element undoes what was bound in it, so the walk stays linear. */
export class NamespaceBindings {
  readonly #bound = new Map<string, string>()
  readonly #replaced: (readonly [prefix: string, uri: string | undefined])[] = []

  /** '' when nothing is bound: no namespace. */
  uriOf(prefix: string): string {
    return this.#bound.get(prefix) ?? ''
  }

  bind(prefix: string, uri: string): void {
    this.#replaced.push([prefix, this.#bound.get(prefix)])
    this.#bound.set(prefix, uri)
  }

  prefixes(): string[] {
    return [...this.#bound.keys()]
  }

  mark(): number {
    return this.#replaced.length
  }

  /** Undoes everything bound since `mark` answered this. */
  release(mark: number): void {
    for (let undo = this.#replaced.length; undo > mark; undo--) {
      const [prefix, uri] = this.#replaced.pop() as [string, string | undefined]
      if (uri === undefined) this.#bound.delete(prefix)
      else this.#bound.set(prefix, uri)
    }
  }
}
