import { describeApi } from './describe.ts'
import type { Api } from './operation.ts'
import { OPERATIONS } from './operations.ts'

export const CENTRE_API: Api = {
  operations: OPERATIONS,
  document: describeApi('Sacbé: administración del centro · administration of the centre', OPERATIONS),
}
