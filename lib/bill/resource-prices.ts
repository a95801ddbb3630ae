import type { Resource, Template } from '../synth.ts'
import { scheduleUse } from './schedule-use.ts'
import type { Use } from './use.ts'

/** What a resource uses while nobody calls; undefined when we do not know: then the bill is not whole and says so. */
type Priced = (properties: Readonly<Record<string, unknown>>, template: Template) => readonly Use[] | undefined

const once =
  (price: Use['price']): Priced =>
  () => [{ price, quantity: 1 }]
const nothing: Priced = () => []
/** Nothing while it sleeps, if only that is not switched on which is paid by the hour. */
const unless =
  (property: string): Priced =>
  (properties) =>
    properties[property] === undefined ? [] : undefined

/** Gigabytes that lie in a bucket of a node nobody calls: configurations and trust stores. */
const BUCKET_GB = 0.01

/** Every kind of resource that our templates may hold. What is not here has no price, and what has no price is not deployed. */
const KINDS: Readonly<Record<string, Priced>> = Object.assign(Object.create(null), {
  'AWS::KMS::Key': once('kms.key'),
  'AWS::Route53::HostedZone': once('r53.zone'),
  'AWS::CloudWatch::Alarm': (properties: Record<string, unknown>) => [{ price: 'cw.alarm', quantity: metricsOf(properties) }],
  'AWS::Scheduler::Schedule': scheduleUse,
  'AWS::S3::Bucket': () => [{ price: 's3.stor.standard', quantity: BUCKET_GB }],
  // Paid by the request on demand; the first 25 GB of records are always free, and a sleeping node has less than one of them in sixty thousand.
  'AWS::DynamoDB::Table': ({ BillingMode }: Record<string, unknown>) => (BillingMode === 'PAY_PER_REQUEST' ? [] : undefined),
  'AWS::Lambda::Alias': unless('ProvisionedConcurrencyConfig'),
  'AWS::Lambda::Version': unless('ProvisionedConcurrencyConfig'),
  'AWS::Lambda::Function': unless('VpcConfig'),
  // Paid by the request, the message or the byte: a schedule's are counted with the schedule.
  'AWS::SQS::Queue': nothing,
  'AWS::SNS::Topic': nothing,
  'AWS::SNS::Subscription': nothing,
  'AWS::Logs::LogGroup': nothing,
  'AWS::ApiGateway::RestApi': nothing,
  'AWS::ApiGateway::Stage': ({ CacheClusterEnabled }: Record<string, unknown>) => (CacheClusterEnabled ? undefined : []),
  'AWS::ApiGatewayV2::Api': nothing,
  'AWS::ApiGatewayV2::Stage': nothing,
  'AWS::ApiGatewayV2::DomainName': nothing,
  // A public certificate on a service of AWS is free.
  'AWS::CertificateManager::Certificate': nothing,
  // By the person who signs in, and the first ten thousand are free; the centre has a handful.
  'AWS::Cognito::UserPool': nothing,
  // Rules, not things.
  'AWS::ApiGateway::Account': nothing,
  'AWS::ApiGateway::Deployment': nothing,
  'AWS::ApiGateway::Method': nothing,
  'AWS::ApiGateway::Resource': nothing,
  'AWS::ApiGatewayV2::ApiMapping': nothing,
  'AWS::ApiGatewayV2::Authorizer': nothing,
  'AWS::Cognito::UserPoolClient': nothing,
  'AWS::Cognito::UserPoolGroup': nothing,
  'AWS::ApiGatewayV2::Integration': nothing,
  'AWS::ApiGatewayV2::Route': nothing,
  'AWS::CodeDeploy::Application': nothing,
  'AWS::CodeDeploy::DeploymentGroup': nothing,
  'AWS::IAM::ManagedPolicy': nothing,
  'AWS::IAM::Role': nothing,
  'AWS::Lambda::EventInvokeConfig': nothing,
  'AWS::Lambda::Permission': nothing,
  'AWS::Route53::RecordSet': nothing,
  'AWS::S3::BucketPolicy': nothing,
  'AWS::SNS::TopicPolicy': nothing,
  'AWS::SQS::QueuePolicy': nothing,
  'AWS::Scheduler::ScheduleGroup': nothing,
} satisfies Record<string, Priced>)

/** What a resource of a template uses in a month of silence; undefined: nobody gave it a price. */
export const idleUse = ({ Type, Properties = {} }: Resource, template: Template): readonly Use[] | undefined =>
  KINDS[Type]?.(Properties, template)

/** CloudWatch bills each metric that an alarm reads, not the alarm. */
function metricsOf({ MetricName, Metrics }: Record<string, unknown>): number {
  if (MetricName !== undefined) return 1
  return (Metrics as { MetricStat?: unknown }[]).filter(({ MetricStat }) => MetricStat !== undefined).length
}
