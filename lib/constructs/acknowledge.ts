import { Validations } from 'aws-cdk-lib'
import type { IConstruct } from 'constructs'

/** Findings of the rule packs that we decided otherwise, each with its sentence. By construct and by exact id: never for a whole stack, never by pattern. */
export function acknowledge(construct: IConstruct, reasons: Readonly<Record<string, string>>): void {
  Validations.of(construct).acknowledge(...Object.entries(reasons).map(([id, reason]) => ({ id, reason })))
}

export const bothPacks = (solutions: string, nist: readonly string[], reason: string): Record<string, string> =>
  Object.fromEntries([`AwsSolutions-${solutions}`, ...nist.map((rule) => `NIST.800.53.R5-${rule}`)].map((id) => [id, reason]))
