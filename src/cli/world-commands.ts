import { instant } from '../base/clock.ts'
import { removeHome } from '../local/home.ts'
import { startNodeAlone } from '../local/node-alone.ts'
import { trouble } from '../local/troubles.ts'
import { EXIT, type Io, inLanguage, tell } from './io.ts'

/** `sacbe reset`: deletes a world's folder, keys and evidence included, after asking. Refused while the world runs. */
export async function resetCommand({ home, yes }: { readonly home: string; readonly yes: boolean }, io: Io): Promise<number> {
  const question = {
    es: `Se borrará ${home} con sus llaves y su evidencia, para siempre. Escriba "borrar" para seguir: `,
    en: `${home} will be deleted with its keys and its evidence, for good. Type "delete" to go on: `,
  }
  if (!yes && !/^(borrar|delete)$/i.test((await io.ask(inLanguage(question, io.lang)))?.trim() ?? ''))
    return tell(trouble('not_confirmed'), io)
  const removed = removeHome(home)
  if (!removed.ok) return tell(removed, io)
  io.err(inLanguage({ es: `Se borró ${home}.`, en: `Deleted ${home}.` }, io.lang))
  return EXIT.ok
}

/** `sacbe node run`: one node of a world in a process of its own, until it is interrupted. */
export async function nodeRunCommand({ home, node }: { readonly home: string; readonly node: string }, io: Io): Promise<number> {
  const running = await startNodeAlone({ home, node, passphrase: io.env.SACBE_PASSPHRASE, now: () => instant(Date.now()) })
  if (!running.ok) return tell(running, io)
  const { consumer, provider } = running.value
  io.out(
    inLanguage(
      {
        es: `El nodo ${node} atiende en ${consumer} y, a otros nodos, en ${provider}.`,
        en: `Node ${node} serves ${consumer} and, to other nodes, ${provider}.`,
      },
      io.lang,
    ),
  )
  if (!io.interrupted.aborted)
    await new Promise<void>((resolve) => io.interrupted.addEventListener('abort', () => resolve(), { once: true }))
  await running.value.close()
  return EXIT.ok
}
