import { Duration, RemovalPolicy, Tags } from 'aws-cdk-lib'
import { ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import {
  Alias,
  ApplicationLogLevel,
  Architecture,
  Code,
  Function as LambdaFunction,
  LoggingFormat,
  Runtime,
  SystemLogLevel,
} from 'aws-cdk-lib/aws-lambda'
import type { ILogGroup } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import { type DoorName, doorRow } from '../doors.ts'
import { acknowledge } from './acknowledge.ts'
import { logGroup } from './log-group.ts'

export type DoorProps<Setting extends string> = {
  readonly door: DoorName
  /** The folder with its index.mjs. */
  readonly bundle: string
  /** The names of functions/<door>/settings.ts: all of them must be given before synthesis ends, and no other. */
  readonly settings: readonly Setting[]
  readonly reserved: number
  readonly logDays: number
}

/**
 * The one way to make a Lambda function: arm64, Node 24, one bundle, no VPC, its own role, its own log group with a retention, a share of
 * concurrency that is its alone. It may do what `give` says and nothing else, and knows where by the same call.
 */
export class Door<Setting extends string = string> extends Construct {
  readonly role: Role
  readonly function: LambdaFunction
  /** What invokes it: callers keep this name while versions change behind it. */
  readonly live: Alias
  readonly logGroup: ILogGroup
  readonly #policy: ManagedPolicy
  readonly #given = new Set<string>()

  constructor(scope: Construct, id: string, props: DoorProps<Setting>) {
    super(scope, id)
    const { memory, seconds, says } = doorRow(props.door)
    this.role = new Role(this, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com'), description: says })
    this.logGroup = logGroup(this, 'Log', props.logDays)
    this.function = new LambdaFunction(this, 'Function', {
      description: says,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: Code.fromAsset(props.bundle),
      handler: 'index.handler',
      memorySize: memory,
      timeout: Duration.seconds(seconds),
      reservedConcurrentExecutions: props.reserved,
      role: this.role.withoutPolicyUpdates(),
      logGroup: this.logGroup,
      loggingFormat: LoggingFormat.JSON,
      // The platform's own lines of every invocation would cost more than ours.
      systemLogLevelV2: SystemLogLevel.WARN,
      applicationLogLevelV2: ApplicationLogLevel.INFO,
      // What is asked of it once is never asked again behind our back.
      retryAttempts: 0,
      maxEventAge: Duration.minutes(1),
      currentVersionOptions: { removalPolicy: RemovalPolicy.DESTROY },
    })
    this.live = new Alias(this, 'Live', { aliasName: 'live', version: this.function.currentVersion })
    this.#policy = new ManagedPolicy(this, 'Policy', { description: `What ${props.door} may do`, roles: [this.role] })
    this.#policy.addStatements(writeLog(this.logGroup))
    this.node.addValidation({ validate: () => this.#missing(props.settings) })
    Tags.of(this).add('service', props.door)
    acknowledge(this.function, WITHOUT)
  }

  /** Tells it where something is and lets it do there what it must, in one go: a setting without its permission is a bug, and so is the reverse. */
  give(settings: Partial<Record<Setting, string>>, ...statements: readonly PolicyStatement[]): void {
    for (const [name, value] of Object.entries<string | undefined>(settings)) {
      if (value === undefined) continue
      this.function.addEnvironment(name, value)
      this.#given.add(name)
    }
    this.#policy.addStatements(...statements)
  }

  /** Where findings about what it may do are acknowledged. */
  get policy(): ManagedPolicy {
    return this.#policy
  }

  #missing(settings: readonly Setting[]): string[] {
    const missing = settings.filter((name) => !this.#given.has(name))
    const unknown = [...this.#given].filter((name) => !(settings as readonly string[]).includes(name))
    return [...missing.map((name) => `setting ${name} is not given`), ...unknown.map((name) => `setting ${name} is not in its settings.ts`)]
  }
}

const writeLog = (group: ILogGroup): PolicyStatement =>
  new PolicyStatement({ actions: ['logs:CreateLogStream', 'logs:PutLogEvents'], resources: [group.logGroupArn] })

const WITHOUT = {
  'NIST.800.53.R5-LambdaInsideVPC':
    'A VPC would need a NAT gateway or endpoints, which cost more than the node; the function reaches only public endpoints over TLS and keeps nothing.',
  'NIST.800.53.R5-LambdaDLQ':
    'Message doors answer their caller synchronously; scheduled doors begin anew with the next schedule and find what was left: there is no event to keep.',
}
