import { resolve } from 'node:path'
import { type Command, Option } from 'commander'
import { ASSUMED, type KeyTier } from '../metering/usage.ts'
import { addCommand, badValue, type Frame, formed, jsonOption, say } from './frame.ts'

const wholeNumber = formed(/^\d{1,12}$/, 'Debe ser un número entero.', 'It must be a whole number.')
const count = (text: string) => Number(wholeNumber(text))
const memory = (text: string) => {
  const megabytes = count(text)
  if (megabytes < 128 || megabytes > 10_240) throw badValue('Debe estar entre 128 y 10240.', 'It must be between 128 and 10240.')
  return megabytes
}
const regionOption = (frame: Frame) =>
  new Option(
    '--region <REGION>',
    say(frame, 'región de la nube: us-east-1, mx-central-1 (estimada)', 'cloud region: us-east-1, mx-central-1 (estimated)'),
  ).default('us-east-1')
const pricesOption = (frame: Frame) =>
  new Option('--prices <FILE>', say(frame, 'archivo de precios; si falta, el incluido', 'price file; else the one included'))

/** `sacbe cost …`: what messages cost, before and after they are sent. */
export function addCost(program: Command, frame: Frame): void {
  const cost = addCommand(program, frame, 'cost', 'Lo que cuestan los mensajes.', 'What messages cost.')
  for (const add of [addEstimate, addReceipt, addStatement, addClose, addBudget, addForecast, addReconcile, addFocus]) add(cost, frame)
}

function addEstimate(cost: Command, frame: Frame): void {
  type Given = {
    messages: number
    request: number
    response: number
    serviceMs: number
    memory: number
    tier: 'kms' | 'kms-other' | 'wrapped'
    edge: 'rest' | 'http'
    region: string
    prices?: string
    json: boolean
  }
  const number = (flags: string, es: string, en: string, usual: number) =>
    new Option(flags, say(frame, es, en)).argParser(count).default(usual)
  addCommand(
    cost,
    frame,
    'estimate',
    'Cuánto costaría un mes de mensajes, por millón, dormido y frente a servidores.',
    'What a month of messages would cost, per million, asleep and against servers.',
  )
    .addOption(number('--messages <N>', 'mensajes al mes', 'messages a month', 1_000_000))
    .addOption(number('--request <BYTES>', 'tamaño de la petición', 'size of the request', 4096))
    .addOption(number('--response <BYTES>', 'tamaño de la respuesta', 'size of the response', 8192))
    .addOption(number('--service-ms <MS>', 'lo que tarda el servicio', 'how long the service takes', 100))
    .addOption(number('--memory <MB>', 'memoria de las funciones', 'memory of the functions', 256).argParser(memory))
    .addOption(
      new Option(
        '--tier <TIER>',
        say(
          frame,
          'llave de firma: kms (RSA-2048), kms-other (otra, más cara), wrapped (más débil)',
          'signing key: kms (RSA-2048), kms-other (another, dearer), wrapped (weaker)',
        ),
      )
        .choices(['kms', 'kms-other', 'wrapped'])
        .default('kms'),
    )
    .addOption(
      new Option('--edge <EDGE>', say(frame, 'puerta del consumidor', 'the consumer’s gateway')).choices(['rest', 'http']).default('rest'),
    )
    .addOption(regionOption(frame))
    .addOption(pricesOption(frame))
    .addOption(jsonOption(frame))
    .action(({ messages, request, response, serviceMs, memory, tier, edge, region, prices, json }: Given) =>
      frame.run(async () => {
        const { costEstimate } = await import('./cost-estimate.ts')
        const sizes = { requestBytes: request, responseBytes: response, serviceMs, memoryMb: memory, processorMs: ASSUMED.processorMs }
        return costEstimate({ asked: { messages, ...sizes, tier, edge }, region, ...(prices ? { prices } : {}), json }, frame.io)
      }),
    )
}

type World = { home?: string; region: string; tier: KeyTier; prices?: string; stalePrices: boolean }

/** A command about what a world's nodes have on their books. */
function worldCommand(cost: Command, frame: Frame, line: string, es: string, en: string): Command {
  return addCommand(cost, frame, line, es, en)
    .addOption(
      new Option('--home <DIR>', say(frame, `carpeta del mundo (si falta, ${frame.home})`, `folder of the world (else ${frame.home})`)),
    )
    .addOption(
      new Option('--tier <TIER>', say(frame, 'llave de firma', 'signing key')).choices(['kms', 'kms-other', 'wrapped']).default('kms'),
    )
    .addOption(regionOption(frame))
    .addOption(pricesOption(frame))
    .addOption(new Option('--stale-prices', say(frame, 'usa precios vencidos, a sabiendas', 'uses stale prices, knowingly')).default(false))
}
const worldOf = (frame: Frame, { home, region, tier, prices, stalePrices }: World) => ({
  stalePrices,
  home: home === undefined ? frame.home : resolve(home),
  region,
  tier,
  ...(prices === undefined ? {} : { prices }),
})
const given = <Name extends string>(values: Readonly<Partial<Record<Name, string>>>, ...names: readonly Name[]) =>
  Object.fromEntries(names.flatMap((name) => (values[name] === undefined ? [] : [[name, values[name]]]))) as Partial<Record<Name, string>>

const monthOption = (frame: Frame) =>
  new Option('--month <MONTH>', say(frame, 'mes, en UTC: 2026-11; si falta, este', 'month, in UTC: 2026-11; else this one')).argParser(
    formed(/^\d{4}-(0[1-9]|1[0-2])$/, 'Debe ser un mes: 2026-11.', 'It must be a month: 2026-11.'),
  )
const agencyOption = (frame: Frame) =>
  new Option('--agency <MEMBER>', say(frame, 'dependencia: QRO/GOB/DIF; si falta, todas', 'agency: QRO/GOB/DIF; else all'))
const budgetsOption = (frame: Frame) => new Option('--budgets <FILE>', say(frame, 'archivo de presupuestos', 'file of budgets'))
const outOption = (frame: Frame) => new Option('--out <FILE>', say(frame, 'archivo de salida', 'output file'))

function addReceipt(cost: Command, frame: Frame): void {
  worldCommand(cost, frame, 'receipt', 'El recibo de un intercambio, de cada lado.', 'The receipt of one exchange, on each side.')
    .argument('<ID>', say(frame, 'identificador del mensaje o de la petición', 'id of the message or of the request'))
    .addOption(jsonOption(frame))
    .action((id: string, values: World & { json: boolean }) =>
      frame.run(async () =>
        (await import('./cost-receipt.ts')).costReceipt({ ...worldOf(frame, values), id, json: values.json }, frame.io),
      ),
    )
}

function addStatement(cost: Command, frame: Frame): void {
  type Given = World & { month?: string; agency?: string; budgets?: string; out?: string; format: 'json' | 'csv' | 'html' }
  worldCommand(cost, frame, 'statement', 'El mes de una dependencia o del estado.', 'The month of an agency or of the state.')
    .addOption(monthOption(frame))
    .addOption(agencyOption(frame))
    .addOption(new Option('--format <FORMAT>', say(frame, 'forma', 'form')).choices(['json', 'csv', 'html']).default('json'))
    .addOption(budgetsOption(frame))
    .addOption(outOption(frame))
    .action((values: Given) =>
      frame.run(async () => {
        const { costStatement } = await import('./cost-statement.ts')
        return costStatement(
          { ...worldOf(frame, values), ...given(values, 'month', 'agency', 'budgets', 'out'), format: values.format },
          frame.io,
        )
      }),
    )
}

function addClose(cost: Command, frame: Frame): void {
  type Given = World & { month?: string; day?: string; json: boolean }
  worldCommand(
    cost,
    frame,
    'close',
    'El cierre diario: lo enviado y firmado, junto a lo archivado.',
    'The daily close: what was sent and signed beside what is archived.',
  )
    .addOption(monthOption(frame))
    .addOption(
      new Option('--day <DAY>', say(frame, 'día, en UTC: 2026-11-24; si falta, todos', 'day, in UTC: 2026-11-24; else all')).argParser(
        formed(/^\d{4}-(0[1-9]|1[0-2])-\d{2}$/, 'Debe ser un día: 2026-11-24.', 'It must be a day: 2026-11-24.'),
      ),
    )
    .addOption(jsonOption(frame))
    .action((values: Given) =>
      frame.run(async () => {
        const { costClose } = await import('./cost-close.ts')
        return costClose({ ...worldOf(frame, values), ...given(values, 'month', 'day'), json: values.json }, frame.io)
      }),
    )
}

function addBudget(cost: Command, frame: Frame): void {
  type Given = World & { month?: string; budgets: string; json: boolean }
  worldCommand(cost, frame, 'budget', 'Cómo va cada presupuesto del mes.', 'Where each budget of the month stands.')
    .addOption(budgetsOption(frame).makeOptionMandatory())
    .addOption(monthOption(frame))
    .addOption(jsonOption(frame))
    .action((values: Given) =>
      frame.run(async () => {
        const { costBudget } = await import('./cost-budget.ts')
        return costBudget({ ...worldOf(frame, values), ...given(values, 'month'), budgets: values.budgets, json: values.json }, frame.io)
      }),
    )
}

function addForecast(cost: Command, frame: Frame): void {
  type Given = World & { month?: string; agency?: string; json: boolean }
  worldCommand(cost, frame, 'forecast', 'En cuánto cerrará el mes.', 'What the month will come to.')
    .addOption(monthOption(frame))
    .addOption(agencyOption(frame))
    .addOption(jsonOption(frame))
    .action((values: Given) =>
      frame.run(async () => {
        const { costForecast } = await import('./cost-forecast.ts')
        return costForecast({ ...worldOf(frame, values), ...given(values, 'month', 'agency'), json: values.json }, frame.io)
      }),
    )
}

function addReconcile(cost: Command, frame: Frame): void {
  type Given = World & { month?: string; json: boolean }
  worldCommand(cost, frame, 'reconcile', 'Compara el mes con la factura de la nube.', 'Compares the month with the cloud’s bill.')
    .argument('<FILE>', say(frame, 'exportación FOCUS de AWS, en CSV', 'AWS FOCUS export, as CSV'))
    .addOption(monthOption(frame))
    .addOption(jsonOption(frame))
    .action((bill: string, values: Given) =>
      frame.run(async () => {
        const { costReconcile } = await import('./cost-reconcile.ts')
        return costReconcile({ ...worldOf(frame, values), ...given(values, 'month'), bill, json: values.json }, frame.io)
      }),
    )
}

function addFocus(cost: Command, frame: Frame): void {
  type Given = World & { month?: string; budgets?: string; out?: string; focus: '1.2' | '1.4'; issuer: string; schema: boolean }
  worldCommand(cost, frame, 'focus', 'El mes como datos FOCUS, para repartirlo.', 'The month as FOCUS data, for charge-back.')
    .addOption(monthOption(frame))
    .addOption(
      new Option('--focus <VERSION>', say(frame, 'versión; 1.4 es provisional', 'version; 1.4 is provisional'))
        .choices(['1.2', '1.4'])
        .default('1.2'),
    )
    .addOption(new Option('--issuer <NAME>', say(frame, 'quién cobra', 'who charges')).default('Sacbé'))
    .addOption(
      new Option('--schema', say(frame, 'da el esquema en vez de los datos', 'gives the schema instead of the data')).default(false),
    )
    .addOption(budgetsOption(frame))
    .addOption(outOption(frame))
    .action((values: Given) =>
      frame.run(async () => {
        const { costFocus } = await import('./cost-focus.ts')
        const { focus: version, issuer, schema } = values
        return costFocus({ ...worldOf(frame, values), ...given(values, 'month', 'budgets', 'out'), version, issuer, schema }, frame.io)
      }),
    )
}
