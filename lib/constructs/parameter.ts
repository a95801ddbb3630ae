import { Stack } from 'aws-cdk-lib'
import { PolicyStatement } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import type { Door } from './door.ts'

/**
 * The place of the authentication key: an SSM SecureString that the enrol door makes and writes. It is never in a template, for a template is
 * read by many; only its name is. One door writes it, one reads it.
 */
export class Parameter extends Construct {
  readonly parameterName: string

  constructor(scope: Construct, parameterName: string) {
    super(scope, 'Authentication')
    this.parameterName = parameterName
  }

  giveRead<Setting extends string>(door: Door<Setting>, setting: Setting): void {
    this.#give(door, setting, 'ssm:GetParameter')
  }

  giveWrite<Setting extends string>(door: Door<Setting>, setting: Setting): void {
    this.#give(door, setting, 'ssm:PutParameter')
  }

  #give<Setting extends string>(door: Door<Setting>, setting: Setting, action: string): void {
    const arn = Stack.of(this).formatArn({ service: 'ssm', resource: 'parameter', resourceName: this.parameterName.slice(1) })
    door.give(
      { [setting]: this.parameterName } as Partial<Record<Setting, string>>,
      new PolicyStatement({ actions: [action], resources: [arn] }),
    )
  }
}
