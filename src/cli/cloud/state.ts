import type { Environment } from '../../../lib/config/exchange.ts'
import { DEPLOYER, stackName } from '../../../lib/names.ts'
import { membersIn, type Operator, textIn } from '../../adapters/aws/operator.ts'
import type { Here } from './account.ts'

export type Stack = {
  readonly name: string
  readonly status: string
  readonly protected: boolean
  readonly parameters: Readonly<Record<string, string>>
  readonly outputs: Readonly<Record<string, string>>
}
/** What stands in an account of ours and of the bootstrap. */
export type AccountState = {
  readonly account: string
  readonly deployed: readonly Stack[]
  readonly bootstrap: Stack | undefined
}
export type StateFault = { readonly what: string; readonly es: string; readonly en: string }

export const TOOLKIT = 'CDKToolkit'

export async function readState(environment: Environment, { account, operator }: Here): Promise<AccountState> {
  const stacks = await stacksIn(operator)
  const prefix = stackName(environment, '')
  return {
    account,
    deployed: stacks.filter(({ name }) => name.startsWith(prefix)),
    bootstrap: stacks.find(({ name }) => name === TOOLKIT),
  }
}

async function stacksIn({ form }: Operator): Promise<readonly Stack[]> {
  const all: Stack[] = []
  for (let next: string | undefined; ; ) {
    const xml = await form('DescribeStacks', next === undefined ? {} : { NextToken: next })
    all.push(...membersIn(xml, 'Stacks').map(readStack))
    next = textIn(xml, 'NextToken')
    if (!next) return all
  }
}

/** undefined: there is no such stack. */
export async function stackNamed(name: string, { form }: Operator): Promise<Stack | undefined> {
  const xml = await form('DescribeStacks', { StackName: name }).catch((problem: Error) => {
    if (/does not exist/.test(problem.message)) return undefined
    throw problem
  })
  const [first] = xml === undefined ? [] : membersIn(xml, 'Stacks')
  return first === undefined ? undefined : readStack(first)
}

function readStack(xml: string): Stack {
  const pairs = (list: string, key: string, value: string) =>
    Object.fromEntries(membersIn(xml, list).map((each) => [textIn(each, key) ?? '', textIn(each, value) ?? '']))
  return {
    name: textIn(xml, 'StackName') ?? '',
    status: textIn(xml, 'StackStatus') ?? '',
    protected: textIn(xml, 'EnableTerminationProtection') === 'true',
    parameters: pairs('Parameters', 'ParameterKey', 'ParameterValue'),
    outputs: pairs('Outputs', 'OutputKey', 'OutputValue'),
  }
}

/** Nobody but the account's own people may deploy in it, and CloudFormation only what the exchange is made of. */
export function stateFaults({ account, bootstrap, deployed }: AccountState): readonly StateFault[] {
  const faults: StateFault[] = []
  const { TrustedAccounts: trusted = '', CloudFormationExecutionPolicies: policies = '' } = bootstrap?.parameters ?? {}
  const ours = `arn:aws:iam::${account}:policy/${DEPLOYER}`
  if (bootstrap && trusted !== '')
    faults.push({
      what: 'bootstrap-trusts',
      es: `El arranque del CDK en ${account} confía en ${trusted}: esas cuentas podrían cambiar lo que firma. Hágalo de nuevo sin --trust.`,
      en: `The CDK bootstrap of ${account} trusts ${trusted}: those accounts could change what signs. Bootstrap again without --trust.`,
    })
  if (bootstrap && policies !== ours)
    faults.push({
      what: 'bootstrap-policies',
      es: `El arranque del CDK en ${account} despliega con ${policies || 'AdministratorAccess'}, no con ${ours}. sacbe deploy lo corrige; revise antes si otros despliegues de la cuenta lo usan.`,
      en: `The CDK bootstrap of ${account} deploys with ${policies || 'AdministratorAccess'}, not with ${ours}. sacbe deploy mends it; see first whether other deployments of the account use it.`,
    })
  for (const { name, status } of deployed.filter(({ status }) => /ROLLBACK_FAILED|DELETE_FAILED/.test(status)))
    faults.push({
      what: 'stack-stuck',
      es: `La pila ${name} está en ${status}: CloudFormation pide que alguien la desatore (docs/runbook.md#despliegue-a-medias).`,
      en: `The stack ${name} is ${status}: CloudFormation wants somebody to free it (docs/runbook.md#despliegue-a-medias).`,
    })
  return faults
}
