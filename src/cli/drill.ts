import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { instant } from '../base/clock.ts'
import { drillRestore } from '../local/drill.ts'
import { EXIT, type Io, inLanguage, tell } from './io.ts'

/** `sacbe drill restore`: brings a centre and its nodes back beside the live ones, from archive and configuration alone. @returns 1 when something did not come back */
export async function drillRestoreCommand({ home, json }: { readonly home: string; readonly json: boolean }, io: Io): Promise<number> {
  const scratch = mkdtempSync(join(tmpdir(), 'sacbe-drill-'))
  try {
    const done = await drillRestore({ home, scratch, now: () => instant(Date.now()), log: () => {} })
    if (!done.ok) return tell(done, io)
    const { centre, nodes, exchange, sealedAfter, seconds } = done.value
    const records = nodes.reduce((sum, each) => sum + each.records, 0)
    const valid = nodes.reduce((sum, each) => sum + Math.min(each.strict, each.stock), 0)
    const came = valid === records && exchange !== 'refused'
    if (json) io.out(JSON.stringify({ ...done.value, held: came }))
    else
      io.out(
        inLanguage(
          {
            es: `Simulacro de restauración: el centro volvió con llaves nuevas en ${centre.seconds} s (${centre.acts} actos de su bitácora); ${nodes.length} nodos; ${valid} de ${records} constancias válidas sin llave alguna; un intercambio nuevo: ${exchange === 'answered' ? 'respondido' : exchange}; ${sealedAfter} constancias nuevas en la misma cadena. En total ${seconds} s.`,
            en: `Restore drill: the centre came back with new keys in ${centre.seconds} s (${centre.acts} acts of its log); ${nodes.length} nodes; ${valid} of ${records} records valid without any key; a new exchange: ${exchange}; ${sealedAfter} new records on the same chain. ${seconds} s in all.`,
          },
          io.lang,
        ),
      )
    return came ? EXIT.ok : EXIT.no
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}
