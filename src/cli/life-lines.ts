import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { addCommand, collected, type Frame, formed, jsonOption, say } from './frame.ts'

type Home = { readonly home?: string }
const homeOption = (frame: Frame) =>
  new Option(
    '--home <DIR>',
    say(frame, `carpeta de este nodo o centro (si falta, ${frame.home})`, `folder of this node or centre (else ${frame.home})`),
  )
const homeOf = (frame: Frame, { home }: Home) => (home === undefined ? frame.home : resolve(home))
const portNumber = formed(/^\d{1,5}$/, 'Debe ser un número de puerto.', 'It must be a port number.')

export function addJoin(program: Command, frame: Frame): void {
  type Given = Home & { name: string; server: string; subsystem?: string; address?: string; port?: string; once: boolean; json: boolean }
  addCommand(
    program,
    frame,
    'join',
    'Une a su dependencia con una invitación, y atiende como su nodo.',
    'Joins your agency by an invitation, and serves as its node.',
  )
    .argument('<INVITATION>', say(frame, 'el texto que le dio el centro', 'the text the centre gave you'))
    .addOption(new Option('--subsystem <CODE>', say(frame, 'el sistema que hablará por ella', 'the system that will speak for it')))
    .addOption(new Option('--address <HOST:PORT>', say(frame, 'dónde la alcanzan otros nodos', 'where other nodes reach it')))
    .addOption(
      new Option('--port <N>', say(frame, 'primer puerto de los dos que usa', 'first of the two ports it uses')).argParser(portNumber),
    )
    .addOption(new Option('--name <NAME>', say(frame, 'nombre del nodo aquí', 'name of the node here')).default('nodo'))
    .addOption(new Option('--server <CODE>', say(frame, 'código del servidor', 'server code')).default('S1'))
    .addOption(new Option('--once', say(frame, 'termina al quedar registrado', 'ends once it is registered')).default(false))
    .addOption(homeOption(frame))
    .addOption(jsonOption(frame))
    .action((invitation: string, { port, ...given }: Given) =>
      frame.run(async () => {
        const { joinCommand } = await import('./join.ts')
        return joinCommand(
          { ...given, invitation, home: homeOf(frame, given), ...(port === undefined ? {} : { port: Number(port) }) },
          frame.io,
        )
      }),
    )
}

/** What the centre's group of commands has beside the operations of its API. */
export function addCentreLife(group: Command, frame: Frame): void {
  addCommand(
    group,
    frame,
    'start',
    'Levanta el centro de una instancia, nueva o existente.',
    'Starts the centre of an instance, new or old.',
  )
    .argument('<INSTANCE>', `${say(frame, 'código de la instancia', 'code of the instance')}: QRO`)
    .addOption(new Option('--port <N>', say(frame, 'puerto', 'port')).argParser(portNumber))
    .addOption(homeOption(frame))
    .action((instance: string, given: Home & { port?: string }) =>
      frame.run(async () => {
        const { centreStartCommand } = await import('./centre.ts')
        const port = given.port === undefined ? {} : { port: Number(given.port) }
        return centreStartCommand({ home: homeOf(frame, given), instance, ...port }, frame.io)
      }),
    )
  addCommand(
    group,
    frame,
    'invitation',
    'Escribe la invitación de una dependencia: un texto que sirve una vez; la da de alta si falta.',
    'Writes the invitation of an agency: a text that is good once; makes it a member if it is none.',
  )
    .argument('<MEMBER>', 'QRO/GOB/DIF')
    .addOption(new Option('--name <NAME>', say(frame, 'su nombre, como lo dice la gente', 'its name as people say it')).default(''))
    .addOption(
      new Option('--subsystem <CODE>', say(frame, 'un sistema que viene con ella', 'a system that comes with it'))
        .argParser(collected)
        .default([]),
    )
    .addOption(homeOption(frame))
    .addOption(jsonOption(frame))
    .action((member: string, given: Home & { name: string; subsystem: string[]; json: boolean }) =>
      frame.run(async () => {
        const { inviteCommand } = await import('./centre.ts')
        return inviteCommand(
          { home: homeOf(frame, given), member, name: given.name, subsystems: given.subsystem, json: given.json },
          frame.io,
        )
      }),
    )
}

export function addAgency(program: Command, frame: Frame): void {
  addCommand(
    program,
    frame,
    'credential',
    'Da a un sistema de la dependencia con qué conectarse; el nodo lo renueva.',
    'Gives a system of the agency what it connects with; the node renews it.',
  )
    .argument('<CLIENT>', 'QRO/GOB/DIF/APOYOS')
    .addOption(homeOption(frame))
    .addOption(jsonOption(frame))
    .action((client: string, given: Home & { json: boolean }) =>
      frame.run(async () =>
        (await import('./agency.ts')).credentialCommand({ home: homeOf(frame, given), client, json: given.json }, frame.io),
      ),
    )
  addCommand(program, frame, 'offer', 'Ofrece un servicio de la dependencia.', 'Offers a service of the agency.')
    .argument('<SERVICE>', 'QRO/GOB/SEDESOQ/PADRON/consulta')
    .addOption(new Option('--url <URL>', say(frame, 'dónde responde', 'where it answers')).makeOptionMandatory())
    .addOption(new Option('--to <CLIENT>', say(frame, 'quién puede llamarlo', 'who may call it')).argParser(collected).default([]))
    .addOption(homeOption(frame))
    .action((service: string, given: Home & { url: string; to: string[] }) =>
      frame.run(async () =>
        (await import('./agency.ts')).offerCommand({ home: homeOf(frame, given), service, url: given.url, to: given.to }, frame.io),
      ),
    )
}

export function addDoctor(program: Command, frame: Frame): void {
  type Given = Home & { node?: string; seen?: string; json: boolean; all: boolean }
  addCommand(
    program,
    frame,
    'doctor',
    'Prueba cada punto del camino de un mensaje y nombra el que falla, con causa y remedio.',
    'Tests each hop of a message and names the broken one, with cause and fix.',
  )
    .addOption(new Option('--node <NAME>', say(frame, 'solo este nodo', 'only this node')))
    .addOption(new Option('--all', say(frame, 'también lo que está bien', 'what is well, too')).default(false))
    .addOption(
      new Option('--seen <ALARM>', say(frame, 'anota que alguien revisó esa alarma', 'notes that somebody has looked at that alarm')),
    )
    .addOption(homeOption(frame))
    .addOption(jsonOption(frame))
    .action((given: Given) =>
      frame.run(async () => (await import('./doctor.ts')).doctorCommand({ ...given, home: homeOf(frame, given) }, frame.io)),
    )
}

export function addDrill(program: Command, frame: Frame): void {
  const group = addCommand(
    program,
    frame,
    'drill',
    'Simulacros: se hacen al lado de lo que está en marcha.',
    'Drills: held beside what is live.',
  )
  addCommand(
    group,
    frame,
    'restore',
    'Restaura centro y nodos en otra carpeta, solo de archivo y configuración, y dice cuánto tardó.',
    'Restores centre and nodes in another folder, from archive and configuration alone, and says how long it took.',
  )
    .addOption(homeOption(frame))
    .addOption(jsonOption(frame))
    .action((given: Home & { json: boolean }) =>
      frame.run(async () => (await import('./drill.ts')).drillRestoreCommand({ home: homeOf(frame, given), json: given.json }, frame.io)),
    )
}
