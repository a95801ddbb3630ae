import { join } from 'node:path'
import type { EvidenceItem } from '../local/evidence.ts'
import type { Exported } from '../local/export-evidence.ts'
import type { Words } from '../local/troubles.ts'
import type { WorldFile } from '../local/world-file.ts'
import { inLanguage, type Language } from './io.ts'

const oneLine = (words: Words, lang: Language): string => inLanguage(words, lang).replaceAll('\n', ' / ')

const DIRECTIONS = { request: { es: 'petición', en: 'request' }, response: { es: 'respuesta', en: 'response' } }
const SIDES = { consumer: { es: 'consumidor', en: 'consumer' }, provider: { es: 'proveedor', en: 'provider' } }
const STATES = {
  kept: { es: 'guardada', en: 'kept' },
  sealed: { es: 'sellada', en: 'sealed' },
  'set-aside': { es: 'apartada', en: 'set aside' },
}

/** One record a line; the identifier in it is what `show` and `export` take. */
export function listLines(items: readonly EvidenceItem[], lang: Language): readonly string[] {
  if (items.length === 0) return [oneLine({ es: 'Aún no hay evidencia.', en: 'There is no evidence yet.' }, lang)]
  const rows = items.map(({ at, node, direction, state, messageId, client, service }) => [
    at.slice(0, 19),
    node,
    oneLine(DIRECTIONS[direction], lang),
    oneLine(STATES[state], lang),
    messageId,
    `${client} → ${service}`,
  ])
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

/** A record a paragraph, with where it lies. */
export function itemLines(items: readonly EvidenceItem[], world: WorldFile, lang: Language): readonly string[] {
  const folderOf = (name: string) => world.nodes.find((node) => node.name === name)?.folder ?? ''
  return items.flatMap((item) => {
    const archive = join(folderOf(item.node), 'archive')
    const rows: (readonly [Words, string | undefined])[] = [
      [{ es: 'nodo', en: 'node' }, `${item.node} (${oneLine(SIDES[item.side], lang)})`],
      [{ es: 'mensaje', en: 'message' }, `${item.messageId} (${oneLine(DIRECTIONS[item.direction], lang)})`],
      [{ es: 'intercambio', en: 'exchange' }, item.requestId],
      [{ es: 'quien pregunta', en: 'who asks' }, item.client],
      [{ es: 'servicio', en: 'service' }, item.service],
      [{ es: 'guardada', en: 'kept' }, item.at],
      [{ es: 'estado', en: 'state' }, oneLine(STATES[item.state], lang)],
      [{ es: 'contenedor', en: 'container' }, item.container],
      [{ es: 'archivo', en: 'archive' }, item.archive === undefined ? undefined : join(archive, 'archive', item.archive)],
      [{ es: 'apartada en', en: 'set aside in' }, item.setAside === undefined ? undefined : join(archive, `${item.setAside}.record`)],
      [{ es: 'confianza', en: 'trust' }, join(archive, 'configurations', item.configuration)],
    ]
    return [
      ...rows.filter(([, value]) => value !== undefined).map(([name, value]) => `${`${oneLine(name, lang)}:`.padEnd(30)} ${value}`),
      '',
    ]
  })
}

/** Where things are now, and how to check them. */
export function exportedLines({ folder, containers }: Exported, lang: Language): readonly string[] {
  const done = {
    es: `Exportados ${containers.length} contenedores en ${folder}`,
    en: `Exported ${containers.length} containers to ${folder}`,
  }
  const check = { es: 'Compruébelos, sin conexión, con:', en: 'Check them, offline, with:' }
  const byTrust = Map.groupBy(containers, ({ trust }) => trust)
  return [
    oneLine(done, lang),
    ...containers.map(({ file, sha256 }) => `  ${file}\n    SHA-256 ${sha256}`),
    `  ${join(folder, 'LEAME-README.txt')}`,
    oneLine(check, lang),
    ...[...byTrust].map(([trust, each]) => `  npm run -s sacbe -- verify ${each.map(({ file }) => file).join(' ')} --trust ${trust}`),
  ]
}
