/** The same work never twice at once: a call during a run waits for it and then runs again, together with all who wait. */
export function inTurn(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined
  let waiting: Promise<void> | undefined
  const run = (): Promise<void> => {
    running = work().finally(() => {
      running = undefined
    })
    return running
  }
  return () => {
    if (!running) return run()
    waiting ??= running
      .catch(() => {}) // whoever started that run hears of it
      .then(() => {
        waiting = undefined
        return run()
      })
    return waiting
  }
}
