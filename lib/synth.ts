import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type App, Validations } from 'aws-cdk-lib'
import { AwsSolutionsChecks, NIST80053R5Checks } from 'cdk-nag'
import { exchangeApp } from './app.ts'
import type { Bundles } from './bundle.ts'
import type { Exchange } from './config/exchange.ts'

/** One template as it was written: which environment and stage it is of, and what is in it. */
export type Synthesized = { readonly file: string; readonly stage: string; readonly template: Template }
export type Template = { readonly Resources: Readonly<Record<string, Resource>>; readonly Outputs?: Readonly<Record<string, unknown>> }
export type Resource = {
  readonly Type: string
  readonly Properties?: Readonly<Record<string, unknown>>
  readonly DeletionPolicy?: string
  readonly UpdateReplacePolicy?: string
}

/**
 * All stacks as templates in `outdir`, judged by both rule packs: a finding that nobody acknowledged fails it. No account and no network.
 * The CDK's own look at templates is left to cfn-lint, which knows every Region's types and takes a tenth of the time.
 */
export function synthesize(
  exchange: Exchange,
  bundles: Bundles,
  outdir: string,
  root: string,
): { readonly app: App; readonly templates: readonly Synthesized[] } {
  const { context } = JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8')) as { context: Record<string, unknown> }
  const app = exchangeApp(exchange, bundles, { outdir, context, builtinCloudFormationValidation: false })
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new NIST80053R5Checks(app))
  app.synth()
  return { app, templates: readTemplates(outdir) }
}

/** The templates of an assembly, in order of their stages. */
export function readTemplates(outdir: string): readonly Synthesized[] {
  const folders = readdirSync(outdir).filter((name) => name.startsWith('assembly-'))
  return folders.toSorted().flatMap((folder) =>
    readdirSync(join(outdir, folder))
      .filter((name) => name.endsWith('.template.json'))
      .map((name) => {
        const file = join(outdir, folder, name)
        return { file, stage: folder.slice('assembly-'.length), template: JSON.parse(readFileSync(file, 'utf8')) as Template }
      }),
  )
}
