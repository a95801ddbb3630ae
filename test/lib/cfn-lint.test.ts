import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { needs, runTool } from '../tools.ts'
import { ROOT, twoAgencies } from './world.ts'

/** cfn-lint with the project's own settings, as `.cfnlintrc.yaml` says and why. */
const lint = (files: readonly string[]) =>
  runTool('cfn-lint', ['--config-file', join(ROOT, '.cfnlintrc.yaml'), '--regions', 'mx-central-1', '--', ...files])

describe.skipIf(!needs('cfn-lint'))('cfn-lint', () => {
  test('finds nothing in any template, for the Region of Querétaro', () => {
    const files = twoAgencies().templates.map(({ file }) => file)
    const { status, stdout } = lint(files)
    expect(stdout.toString('utf8')).toBe('')
    expect(status).toBe(0)
    console.log(`cfn-lint: ${files.length} templates clean`)
  }, 600_000)

  test('a planted mistake is found', () => {
    const folder = mkdtempSync(join(tmpdir(), 'sacbe-lint-'))
    const file = join(folder, 'planted.template.json')
    writeFileSync(
      file,
      JSON.stringify({ Resources: { Q: { Type: 'AWS::SQS::Queue', Properties: { MessageRetentionPeriod: 'a fortnight' } } } }),
    )
    expect(lint([file]).status).not.toBe(0)
    rmSync(folder, { recursive: true })
  })
})
