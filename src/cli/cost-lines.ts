import { type Command, Option } from 'commander'
import { ASSUMED } from '../metering/usage.ts'
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
  addEstimate(cost, frame)
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
