import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Command, InvalidArgumentError, Option } from 'commander'
import { type InProject, named, projectOptions } from './cloud-lines.ts'
import { addCommand, badValue, type Frame, formed, jsonOption, say } from './frame.ts'
import { tellCannot } from './io.ts'
import { addCentreLife } from './life-lines.ts'

type Common = { readonly home?: string; readonly as: string; readonly json: boolean }

const homeOption = (frame: Frame) =>
  new Option('--home <DIR>', say(frame, `carpeta del mundo (si falta, ${frame.home})`, `folder of the world (else ${frame.home})`))
const asOption = (frame: Frame) =>
  new Option('--as <NAME>', say(frame, 'quién actúa, para la bitácora', 'who acts, for the log')).default(frame.io.env.USER ?? 'operador')
const homeOf = (frame: Frame, { home }: Common) => (home === undefined ? frame.home : resolve(home))
const common = (command: Command, frame: Frame): Command =>
  command.addOption(asOption(frame)).addOption(homeOption(frame)).addOption(jsonOption(frame))

/** JSON, but said without the flows: the command line loads them only when one of its commands runs. */
type Body = { readonly [name: string]: string | number | Body }
type Step = { readonly method: string; readonly path: string; readonly body?: Body | undefined }

type Add = (words: readonly [string, string, string], step: Parameters<typeof operation>[3], options?: readonly Option[]) => void

/** A command that is one operation of the API. */
function operation(
  parent: Command,
  frame: Frame,
  [line, es, en]: readonly [string, string, string],
  step: (words: readonly string[], options: Record<string, string>) => Step,
  options: readonly Option[] = [],
): void {
  const command = common(addCommand(parent, frame, line, es, en), frame)
  for (const option of options) command.addOption(option)
  command.action((...given: unknown[]) =>
    frame.run(async () => {
      const chosen = given.at(-2) as Common & InProject & Record<string, string>
      const { askApi, tellReply } = await import('./api-command.ts')
      const { readable } = await import('./admin-words.ts')
      const { as, json, node, cloud } = chosen
      const taken = stepOrWhy(() => step(given.slice(0, -2) as string[], chosen), frame)
      if (typeof taken === 'number') return taken
      const inCloud = cloud === undefined ? {} : { cloud: { agency: cloud, ...named(chosen) } }
      const reply = await askApi({ home: homeOf(frame, chosen), node, ...inCloud, as, ...taken }, frame.io)
      return tellReply(reply, json, frame.io, (body) => readable(body, frame.io.lang))
    }),
  )
}

/** What the words on the command line ask for; a word that cannot be is told. */
function stepOrWhy(step: () => Step, { io }: Frame): Step | number {
  try {
    return step()
  } catch (problem) {
    if (!(problem instanceof InvalidArgumentError)) throw problem
    const [es = '', en = es] = problem.message.split('\n')
    return tellCannot({ es, en }, io)
  }
}

const reason = (frame: Frame) =>
  new Option('--reason <TEXT>', say(frame, 'por qué; se le dice a quien pidió', 'why; whoever asked is told')).makeOptionMandatory()
const part = encodeURIComponent

/** `sacbe centre …`: the centre's API as commands. */
export function addCentre(program: Command, frame: Frame): void {
  const centre = addCommand(program, frame, 'centre', 'Administra el centro de un mundo.', "Administers a world's centre.")
  const add: Add = (words, step, options) => operation(centre, frame, words, step, options)
  add(
    ['status', 'Cómo está: qué espera a alguien, qué alarma nadie ha visto.', 'How it stands: what waits, which alarms nobody has seen.'],
    () => ({
      method: 'GET',
      path: '/status',
    }),
  )
  add(['members', 'Los miembros y sus subsistemas.', 'The members and their subsystems.'], () => ({ method: 'GET', path: '/members' }))
  add(['add-member <CLASS> <CODE> <NAME>', 'Añade un miembro.', 'Adds a member.'], ([memberClass = '', memberCode = '', name = '']) => ({
    method: 'POST',
    path: '/members',
    body: { memberClass, memberCode, name },
  }))
  add(['servers', 'Los servidores: dirección, certificados, clientes.', 'The servers: address, certificates, clients.'], () => ({
    method: 'GET',
    path: '/servers',
  }))
  add(['requests', 'Las peticiones de gestión que esperan.', 'The management requests that wait.'], () => ({
    method: 'GET',
    path: '/requests?status=WAITING',
  }))
  add(['approve <REQUEST>', 'Aprueba una petición.', 'Approves a request.'], ([id = '']) => ({
    method: 'POST',
    path: `/requests/${part(id)}/approval`,
  }))
  add(
    ['decline <REQUEST>', 'Rechaza una petición, con la razón.', 'Declines a request, with the reason.'],
    ([id = ''], { reason: why = '' }) => ({ method: 'POST', path: `/requests/${part(id)}/refusal`, body: { reason: why } }),
    [reason(frame)],
  )
  add(
    [
      'invite <MEMBER>',
      'Invita a un miembro a registrar un nodo; el secreto se muestra una sola vez.',
      'Invites a member to register a node; the secret is shown once.',
    ],
    ([member = ''], { hours }) => ({ method: 'POST', path: '/invitations', body: { member, ...(hours ? { hours: Number(hours) } : {}) } }),
    [
      new Option('--hours <N>', say(frame, 'cuánto vale (72)', 'how long it is good for (72)')).argParser(
        formed(/^\d{1,3}$/, 'Debe ser un número.', 'It must be a number.'),
      ),
    ],
  )
  add(['proposals', 'Los actos que esperan a una segunda persona.', 'The acts that wait for a second person.'], () => ({
    method: 'GET',
    path: '/proposals',
  }))
  add(
    ['confirm <PROPOSAL>', 'Aprueba, como segunda persona, un acto de dos.', 'Approves an act of two, as the second person.'],
    ([id = '']) => ({
      method: 'POST',
      path: `/proposals/${part(id)}/approval`,
    }),
  )
  add(
    ['log', 'La bitácora, comprobada línea por línea.', 'The log, checked line by line.'],
    (_, { after }) => ({ method: 'GET', path: `/log${after ? `?after=${after}` : ''}` }),
    [
      new Option('--after <N>', say(frame, 'desde después de esta línea', 'from after this line')).argParser(
        formed(/^\d{1,12}$/, 'Debe ser un número.', 'It must be a number.'),
      ),
    ],
  )
  addCentreLife(centre, frame)
  addRaw(add, frame)
}

/** Any operation at all, as the description has it. */
function addRaw(add: Add, frame: Frame): void {
  add(
    [
      'api <METHOD> <PATH>',
      'Cualquier operación de la API; GET /openapi.json las describe.',
      'Any operation of the API; GET /openapi.json describes them.',
    ],
    ([method = '', path = ''], { data }) => ({ method, path, ...(data === undefined ? {} : { body: bodyIn(data) }) }),
    [new Option('-d, --data <JSON>', say(frame, 'cuerpo, o @archivo', 'body, or @file'))],
  )
}

function bodyIn(data: string): Body {
  try {
    return JSON.parse(data.startsWith('@') ? readFileSync(data.slice(1), 'utf8') : data) as Body
  } catch {
    throw badValue('El cuerpo no es JSON.', 'The body is not JSON.')
  }
}

/** Which node: one of this machine, or one in the cloud. */
const nodeOptions = (frame: Frame): readonly Option[] => [
  new Option('--node <NAME>', say(frame, 'qué nodo', 'which node')).conflicts('cloud'),
  new Option('--cloud <AGENCY>', say(frame, 'o el desplegado de esta dependencia, en AWS', 'or the deployed one of this agency, in AWS')),
  ...projectOptions(frame),
]
const serviceOption = (frame: Frame) =>
  new Option('--service <ID>', `${say(frame, 'el servicio', 'the service')}: QRO/GOB/SEDESOQ/PADRON/beneficiario.consulta.v1`)
const clientOption = (frame: Frame) => new Option('--client <ID>', `${say(frame, 'quién llama', 'who calls')}: QRO/GOB/DIF/APOYOS`)

function withNode(chosen: Record<string, string>): Record<string, string> {
  if (chosen.node ?? chosen.cloud) return chosen
  throw badValue('Diga qué nodo: --node, o --cloud si está en AWS.', 'Say which node: --node, or --cloud when it is in AWS.')
}

/** `sacbe rights …`: who may call what at a node, now and on any day. */
export function addRights(program: Command, frame: Frame): void {
  const rights = addCommand(
    program,
    frame,
    'rights',
    'Permisos de un nodo: quién puede llamar qué, hoy y en cualquier día.',
    'Rights at a node: who may call what, today and on any day.',
  )
  const add: Add = (words, step, options = []) =>
    operation(rights, frame, words, (given, chosen) => step(given, withNode(chosen)), [...options, ...nodeOptions(frame)])
  const whom = [
    clientOption(frame),
    new Option('--global-group <CODE>', say(frame, 'o un grupo global', 'or a global group')),
    new Option('--local-group <CODE>', say(frame, 'o un grupo local', 'or a local group')),
    serviceOption(frame).makeOptionMandatory(),
    new Option('--endpoint <ENDPOINT>', `${say(frame, 'solo uno de sus endpoints', 'only one of its endpoints')}: 'GET /personas/*'`),
  ]
  add(
    ['on <DATE>', 'Quién podía llamar qué ese día o instante, y por qué.', 'Who could call what on that day or instant, and why.'],
    ([date = ''], { client, service }) => {
      const query = new URLSearchParams({ at: instantIn(date), ...(client ? { client } : {}), ...(service ? { service } : {}) })
      return { method: 'GET', path: `/rights/on?${query}` }
    },
    [clientOption(frame), serviceOption(frame)],
  )
  add(
    ['give', 'Da un permiso.', 'Gives a right.'],
    (_, given) => ({ method: 'POST', path: '/rights', body: { ...rightIn(given), ...(given.basis ? { basis: given.basis } : {}) } }),
    [...whom, new Option('--basis <TEXT>', say(frame, 'fundamento: convenio, decreto', 'what it is based on: agreement, decree'))],
  )
  add(
    ['take', 'Quita un permiso.', 'Takes a right away.'],
    (_, given) => ({ method: 'POST', path: '/rights/removals', body: rightIn(given) }),
    whom,
  )
  add(['list', 'Los permisos de hoy.', 'The rights of today.'], () => ({ method: 'GET', path: '/rights' }))
  addRaw(add, frame)
}

/** A day is its last second: what held on that day when it ended. */
function instantIn(date: string): string {
  if (/^\d{4}-\d\d-\d\d$/.test(date)) return `${date}T23:59:59Z`
  if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(date)) return date
  throw badValue('Escriba la fecha como 2026-11-24 o 2026-11-24T18:30:00Z.', 'Write the date as 2026-11-24 or 2026-11-24T18:30:00Z.')
}

function rightIn({ service = '', client, globalGroup, localGroup, endpoint }: Record<string, string>): Body {
  const [method = '', path = ''] = endpoint?.split(' ') ?? []
  const subject: Body = client ? { client } : globalGroup ? { globalGroup } : { localGroup: localGroup ?? '' }
  return { service, subject, ...(endpoint ? { endpoint: { method, path } } : {}) }
}
