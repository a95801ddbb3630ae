import { FAULTS } from '../../../protocol/fault-catalogue.ts'
import type { JsonObject } from '../../contract/json.ts'
import { type Operation, ref, text } from './operation.ts'
import { SCHEMAS } from './schemas.ts'

const problem = (description: string): JsonObject => ({ description, content: json(ref('Problem')) })
const json = (schema: JsonObject): JsonObject => ({ 'application/json': { schema } })

/**
 * The API as an OpenAPI 3.1 document, made from the very table that answers: what it does not say is not answered.
 * Who may, and whether it takes two people, is in 'x-roles' and 'x-people'.
 */
export function describeApi(title: string, operations: readonly Operation[]): JsonObject {
  const paths: Record<string, Record<string, JsonObject>> = {}
  for (const operation of operations) {
    const at = paths[operation.path] ?? {}
    at[operation.method.toLowerCase()] = described(operation)
    paths[operation.path] = at
  }
  return {
    openapi: '3.1.0',
    info: {
      title,
      version: '1.0.0',
      description:
        'Cada acto queda en una bitácora encadenada. Los actos de dos personas responden 202 con una propuesta. · Every act is in a chained log. Acts that take two people answer 202 with a proposal.',
    },
    security: [{ person: [] }],
    paths,
    components: {
      schemas: {
        ...SCHEMAS,
        Problem: { ...(SCHEMAS.Problem as JsonObject), description: `code: ${Object.keys(FAULTS).slice(0, 3).join(', ')}, …` },
      },
      securitySchemes: { person: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } },
    },
  }
}

function described({ id, es, en, path, roles, people, query = {}, body, status, answer }: Operation): JsonObject {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(
    ([, name]): JsonObject => ({ name: name as string, in: 'path', required: true, schema: text(1024) }),
  )
  const asked = people === 2 ? { ...query, breakGlass: text() } : query
  const inQuery = Object.entries(asked).map(([name, schema]): JsonObject => ({ name, in: 'query', required: false, schema }))
  return {
    operationId: id,
    summary: `${es} · ${en}`,
    'x-roles': roles,
    'x-people': people,
    parameters: [...inPath, ...inQuery],
    ...(body ? { requestBody: { required: true, content: json(body) } } : {}),
    responses: {
      [String(status)]: { description: `${es} · ${en}`, content: json(answer) },
      ...(people === 2
        ? { '202': { description: 'Espera a otra persona · Waits for another person', content: json(ref('Proposal')) } }
        : {}),
      '400': problem('La petición no es como se describe · The request is not as described'),
      '401': problem('Nadie se ha identificado · Nobody has signed in'),
      '403': problem('No le corresponde · Not yours to do'),
      '404': problem('No existe · There is none'),
      '409': problem('El estado no lo permite · The state forbids it'),
      '503': problem('Ocupado: repita · Busy: try again'),
    },
  }
}
