/**
 * Everything we ask of AWS; nothing else can be asked. Each row names the service, and the JSON services' target and
 * protocol version, the others' method.
 * Source: the services' API references and their Smithy models.
 */
export const ACTIONS = {
  Sign: { service: 'kms', target: 'TrentService.Sign', version: '1.1' },
  GetItem: { service: 'dynamodb', target: 'DynamoDB_20120810.GetItem', version: '1.0' },
  PutItem: { service: 'dynamodb', target: 'DynamoDB_20120810.PutItem', version: '1.0' },
  Query: { service: 'dynamodb', target: 'DynamoDB_20120810.Query', version: '1.0' },
  TransactWriteItems: { service: 'dynamodb', target: 'DynamoDB_20120810.TransactWriteItems', version: '1.0' },
  SendMessage: { service: 'sqs', target: 'AmazonSQS.SendMessage', version: '1.0' },
  ReceiveMessage: { service: 'sqs', target: 'AmazonSQS.ReceiveMessage', version: '1.0' },
  DeleteMessageBatch: { service: 'sqs', target: 'AmazonSQS.DeleteMessageBatch', version: '1.0' },
  GetQueueAttributes: { service: 'sqs', target: 'AmazonSQS.GetQueueAttributes', version: '1.0' },
  GetParameter: { service: 'ssm', target: 'AmazonSSM.GetParameter', version: '1.1' },
  PutParameter: { service: 'ssm', target: 'AmazonSSM.PutParameter', version: '1.1' },
  GetPublicKey: { service: 'kms', target: 'TrentService.GetPublicKey', version: '1.1' },
  ImportCertificate: { service: 'acm', target: 'CertificateManager.ImportCertificate', version: '1.1' },
  RequestCertificate: { service: 'acm', target: 'CertificateManager.RequestCertificate', version: '1.1' },
  DescribeCertificate: { service: 'acm', target: 'CertificateManager.DescribeCertificate', version: '1.1' },
  GetDomainName: { service: 'apigateway', method: 'GET' },
  CreateDomainName: { service: 'apigateway', method: 'POST' },
  UpdateDomainName: { service: 'apigateway', method: 'PATCH' },
  GetApiMappings: { service: 'apigateway', method: 'GET' },
  CreateApiMapping: { service: 'apigateway', method: 'POST' },
  UpdateApiMapping: { service: 'apigateway', method: 'PATCH' },
  AssumeRole: { service: 'sts', method: 'POST' },
  ChangeResourceRecordSets: { service: 'route53', method: 'POST', host: 'route53.amazonaws.com', region: 'us-east-1' },
  PutObject: { service: 's3' },
  GetObject: { service: 's3' },
  ListObjectsV2: { service: 's3' },
} as const satisfies Record<string, Row>

type Row = {
  readonly service: string
  readonly target?: string
  readonly version?: '1.0' | '1.1'
  readonly method?: 'GET' | 'POST' | 'PATCH'
  /** Of a service that is one for all Regions. */
  readonly host?: string
  readonly region?: string
}
export type Action = keyof typeof ACTIONS
type ActionWith<Part> = { [Name in Action]: (typeof ACTIONS)[Name] extends Part ? Name : never }[Action]
export type JsonAction = ActionWith<{ readonly target: string }>
export type RestAction = ActionWith<{ readonly method: string }>
export type S3Action = Exclude<Action, JsonAction | RestAction>
export const restRow = (action: RestAction): Row & { readonly method: string } => ACTIONS[action]
