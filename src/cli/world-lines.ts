import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { addCommand, collected, type Frame, formed, jsonOption, say } from './frame.ts'

type Home = { readonly home?: string }
const homeOption = (frame: Frame) =>
  new Option('--home <DIR>', say(frame, `carpeta del mundo (si falta, ${frame.home})`, `folder of the world (else ${frame.home})`))
const homeOf = (frame: Frame, { home }: Home) => (home === undefined ? frame.home : resolve(home))

export function addStart(program: Command, frame: Frame): void {
  type Given = Home & { once: boolean; json: boolean; scenario: string; port?: string }
  const port = formed(/^\d{1,5}$/, 'Debe ser un número de puerto.', 'It must be a port number.')
  addCommand(
    program,
    frame,
    'start',
    'Levanta el mundo local, corre el escenario y queda en espera de llamadas.',
    'Boots the local world, runs the scenario and stays up for calls.',
  )
    .addOption(new Option('--once', say(frame, 'termina después del escenario', 'ends after the scenario')).default(false))
    .addOption(new Option('--scenario <NAME>', say(frame, 'qué escenario', 'which scenario')).default('queretaro'))
    .addOption(new Option('--port <N>', say(frame, 'primer puerto de los que usa', 'first of the ports it uses')).argParser(port))
    .addOption(homeOption(frame))
    .addOption(jsonOption(frame))
    .action((given: Given) =>
      frame.run(async () => {
        const { startCommand } = await import('./start.ts')
        const { once, scenario, json } = given
        return startCommand(
          { home: homeOf(frame, given), once, scenario, json, ...(given.port ? { port: Number(given.port) } : {}) },
          frame.io,
        )
      }),
    )
}

export function addCall(program: Command, frame: Frame): void {
  type Given = Home & { as: string; method: string; header: string[]; data?: string; include: boolean; json: boolean }
  addCommand(program, frame, 'call', 'Llama a un servicio como un sistema de información.', 'Calls a service as an information system.')
    .argument(
      '<SERVICE>',
      say(frame, 'servicio y lo que le sigue', 'service and what follows it') +
        ': QRO/GOB/SEDESOQ/PADRON/beneficiario.consulta.v1/beneficiarios/ZELM850314MQTPNRZ9',
    )
    .addOption(new Option('--as <CLIENT>', `${say(frame, 'quién llama', 'who calls')}: QRO/GOB/DIF/APOYOS`).makeOptionMandatory())
    .addOption(new Option('-X, --method <METHOD>', say(frame, 'método HTTP', 'HTTP method')).default('GET'))
    .addOption(
      new Option('-H, --header <LINE>', `${say(frame, 'encabezado', 'header')}: 'X-Road-Issue: EXP-1'`).argParser(collected).default([]),
    )
    .addOption(new Option('-d, --data <TEXT>', say(frame, 'cuerpo', 'body')))
    .addOption(new Option('-i, --include', say(frame, 'muestra estado y encabezados', 'shows status and headers')).default(false))
    .addOption(homeOption(frame))
    .addOption(jsonOption(frame))
    .action((target: string, given: Given) =>
      frame.run(async () => {
        const { callCommand } = await import('./call.ts')
        const { as: client, method, header: headers, data, include, json } = given
        return callCommand({ home: homeOf(frame, given), client, target, method, headers, data, include, json }, frame.io)
      }),
    )
}

export function addReset(program: Command, frame: Frame): void {
  addCommand(
    program,
    frame,
    'reset',
    'Borra la carpeta del mundo, con sus llaves y su evidencia.',
    'Deletes the world’s folder, keys and evidence included.',
  )
    .addOption(new Option('--yes', say(frame, 'sin preguntar', 'without asking')).default(false))
    .addOption(homeOption(frame))
    .action((given: Home & { yes: boolean }) =>
      frame.run(async () => {
        const { resetCommand } = await import('./world-commands.ts')
        return resetCommand({ home: homeOf(frame, given), yes: given.yes }, frame.io)
      }),
    )
}

type EvidenceGiven = Home & { node?: string; json: boolean }
const evidenceOptions = (frame: Frame, { node, json, ...given }: EvidenceGiven) => ({ home: homeOf(frame, given), node, json })

/** A command of the `evidence` group; all take the node, the world's folder and --json. */
function addEvidenceCommand(group: Command, frame: Frame, line: string, es: string, en: string): Command {
  return addCommand(group, frame, line, es, en)
    .addOption(new Option('--node <NAME>', say(frame, 'solo la de este nodo', 'only this node’s')))
    .addOption(homeOption(frame))
    .addOption(jsonOption(frame))
}

export function addEvidence(program: Command, frame: Frame): void {
  const group = addCommand(program, frame, 'evidence', 'La evidencia del mundo local.', 'The evidence of the local world.')
  const id = say(frame, 'X-Road-Id o x-road-request-id del mensaje', 'X-Road-Id or x-road-request-id of the message')
  addEvidenceCommand(group, frame, 'list', 'Lista las constancias, las más antiguas primero.', 'Lists the records, oldest first.').action(
    (given: EvidenceGiven) => frame.run(async () => (await import('./evidence.ts')).evidenceList(evidenceOptions(frame, given), frame.io)),
  )
  addEvidenceCommand(group, frame, 'show', 'Dice todo lo que se sabe de un mensaje.', 'Says all that is known of one message.')
    .argument('<ID>', id)
    .action((message: string, given: EvidenceGiven) =>
      frame.run(async () => (await import('./evidence.ts')).evidenceShow({ ...evidenceOptions(frame, given), id: message }, frame.io)),
    )
  addEvidenceCommand(
    group,
    frame,
    'export',
    'Guarda contenedores, la confianza de su día y una explicación en una carpeta nueva.',
    'Puts containers, the trust of their day and an explanation into a new folder.',
  )
    .argument('<ID>', id)
    .addOption(new Option('--out <DIR>', say(frame, 'la carpeta nueva', 'the new folder')))
    .action((message: string, given: EvidenceGiven & { out?: string }) =>
      frame.run(async () =>
        (await import('./evidence.ts')).evidenceExport({ ...evidenceOptions(frame, given), id: message, out: given.out }, frame.io),
      ),
    )
}

export function addNode(program: Command, frame: Frame): void {
  const group = addCommand(program, frame, 'node', 'Un nodo por separado.', 'A node by itself.')
  addCommand(group, frame, 'run', 'Corre un nodo del mundo en su propio proceso.', 'Runs one node of the world in a process of its own.')
    .argument('<NAME>', say(frame, 'cuál', 'which'))
    .addOption(homeOption(frame))
    .action((node: string, given: Home) =>
      frame.run(async () => (await import('./world-commands.ts')).nodeRunCommand({ home: homeOf(frame, given), node }, frame.io)),
    )
}
