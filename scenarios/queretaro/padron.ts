// The register of beneficiaries: the agency's own system, a program of its own that knows nothing of the exchange.
//   node padron.ts [PEOPLE.json] [--production]
// SACBE_PORT: where to listen on 127.0.0.1 (0: any free port). SACBE_DATA: a folder; requests.log in it gets one line for each request.
// It reads the people anew at each start: PEOPLE.json, else people.json in that folder, else the one beside this program.
// It writes {"listening":PORT}, and ends on SIGTERM or when standard input closes.
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readCurp } from '../../src/exchange/contract/curp.ts'
import { type Person, readPeople } from './people.ts'

const folder = process.env.SACBE_DATA
const words = process.argv.slice(2).filter((word) => !word.startsWith('--'))
const file = words[0] ?? [join(folder ?? '.', 'people.json'), fileURLToPath(new URL('people.json', import.meta.url))].find(existsSync) ?? ''
const people = readPeople(readFileSync(file, 'utf8'), !process.argv.includes('--production'))
if (!people.ok) {
  console.error(`${people.fault.path.join('.')}: ${people.fault.detail}`)
  process.exit(2)
}
const register = people.value

/** What a look-up tells: no name, no address, no account. */
const minimised = ({ curp, estatus, programas, municipio, version, actualizado, fuente }: Person) => ({
  curp,
  estatus,
  programas,
  municipio,
  version,
  actualizado,
  fuente,
})

type Answer = { readonly status: number; readonly body: object }
const problem = (status: number, title: string, causa: string, arreglo: string, codigo: string): Answer => ({
  status,
  body: { title, causa, arreglo, codigo },
})

function answerTo(method: string, path: string, issue: string): Answer {
  const named = /^\/beneficiarios\/([^/?#]+)$/.exec(path)
  if (!named) return problem(404, 'No existe esta ruta', 'El padrón solo tiene /beneficiarios/{curp}', 'Revise la ruta', 'RUTA-DESCONOCIDA')
  if (method !== 'GET') return problem(405, 'Método no admitido', 'El padrón solo se consulta', 'Use GET', 'METODO-NO-ADMITIDO')
  if (issue.trim() === '')
    return problem(422, 'Falta el motivo legal', 'No viene X-Road-Issue', 'Escriba el número de expediente', 'PROPOSITO-FALTA')
  const curp = readCurp(decoded(named[1] as string))
  if (!curp.ok) return problem(422, 'CURP mal formada', curp.fault.es, 'Corríjala y repita la consulta', 'CURP-MAL-FORMADA')
  const person = register.get(curp.value)
  if (!person) return problem(404, 'Sin registro', 'La CURP no está en el padrón', 'Verifique la CURP con la persona', 'SIN-REGISTRO')
  return { status: 200, body: minimised(person) }
}

function decoded(step: string): string {
  try {
    return decodeURIComponent(step)
  } catch {
    return step
  }
}

function serve(request: IncomingMessage, response: ServerResponse): void {
  const { method = '', url = '' } = request
  if (folder !== undefined)
    appendFileSync(join(folder, 'requests.log'), `${JSON.stringify({ method, url, id: request.headers['x-road-id'] })}\n`)
  const { status, body } = answerTo(method, url.split('?')[0] as string, String(request.headers['x-road-issue'] ?? ''))
  request.resume()
  response.writeHead(status, {
    'Content-Type': status === 200 ? 'application/json; charset=utf-8' : 'application/problem+json; charset=utf-8',
  })
  response.end(JSON.stringify(body))
}

const server = createServer({ requestTimeout: 20_000, headersTimeout: 10_000 }, serve)
server.listen(Number(process.env.SACBE_PORT ?? 0), '127.0.0.1', () =>
  console.log(JSON.stringify({ listening: (server.address() as AddressInfo).port })),
)
const stop = () => {
  server.close()
  server.closeAllConnections()
  process.exit(0)
}
process.on('SIGTERM', stop)
if (process.env.SACBE_PORT !== undefined) process.stdin.on('end', stop).resume()
