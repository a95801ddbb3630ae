import type { Scenario, StepResult } from '../local/scenario.ts'
import type { Words } from '../local/troubles.ts'
import { clientNamed, nodeNamed, type WorldFile } from '../local/world-file.ts'
import { inLanguage, type Language } from './io.ts'

/** One step of a scenario with what was seen. */
export type StepLine = StepResult & { readonly id: string; readonly title: Words }

const oneLine = (words: Words, lang: Language): string => inLanguage(words, lang).replaceAll('\n', ' / ')

export function greeting(scenario: Scenario, world: WorldFile, milliseconds: number, lang: Language): readonly string[] {
  const up = {
    es: `En marcha en ${milliseconds} ms: una autoridad central y ${world.nodes.length} nodos.`,
    en: `Up in ${milliseconds} ms: a central authority and ${world.nodes.length} nodes.`,
  }
  const nodes = world.nodes.map(({ name, server, consumer }) => `  ${name.padEnd(14)} ${server.padEnd(26)} ${consumer}`)
  return [oneLine(up, lang), ...nodes, '', oneLine(scenario.title, lang)]
}

/** ✔ or ✘, the step, what was seen, and the facts beneath. */
export function stepLines({ id, title, held, shown, facts = {} }: StepLine, lang: Language): readonly string[] {
  const lines = [`${held ? '✔' : '✘'} ${id}  ${oneLine(title, lang)}`, `     ${oneLine(shown, lang)}`]
  return [...lines, ...Object.entries(facts).map(([name, value]) => `     ${name}: ${value}`)]
}

/** How to call the world from another terminal: files that are there, a line that works. */
export function curlLines({ example }: Scenario, world: WorldFile, home: string, lang: Language): readonly string[] {
  const stop = {
    es: 'El mundo sigue en marcha. Ctrl-C lo detiene; todo queda guardado.',
    en: 'The world stays up. Ctrl-C stops it; everything is kept.',
  }
  const client = example && clientNamed(world, example.client)
  const node = client?.ok ? nodeNamed(world, client.value.node) : undefined
  if (!example || !client?.ok || !node?.ok) return ['', oneLine(stop, lang)]
  const try_ = { es: 'Pruébelo en otra terminal:', en: 'Try it in another terminal:' }
  const headers = Object.entries({ 'X-Road-Client': example.client, ...example.headers }).map(([name, value]) => `-H '${name}: ${value}'`)
  const { certificate, key, authority } = client.value
  const list = { es: 'La evidencia:', en: 'The evidence:' }
  return [
    '',
    oneLine(try_, lang),
    `  curl --cacert ${quoted(authority)} --cert ${quoted(certificate)} --key ${quoted(key)} \\`,
    `    ${headers.join(' ')} \\`,
    `    ${quoted(`${node.value.consumer}/r1/${example.service}${example.path}`)}`,
    `  npm run -s sacbe -- call --home ${quoted(home)} ${example.service}${example.path} --as ${example.client} ${Object.entries(
      example.headers ?? {},
    )
      .map(([name, value]) => `-H '${name}: ${value}'`)
      .join(' ')}`,
    oneLine(list, lang),
    `  npm run -s sacbe -- evidence list --home ${quoted(home)}`,
    '',
    oneLine(stop, lang),
  ]
}

const quoted = (text: string): string => (/^[\w./:@=+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`)
