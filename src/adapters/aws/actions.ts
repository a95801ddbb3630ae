/**
 * Everything we ask of AWS; nothing else can be asked. Each row names the service, and the JSON services' target and protocol version.
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
  PutObject: { service: 's3' },
  GetObject: { service: 's3' },
  ListObjectsV2: { service: 's3' },
} as const satisfies Record<string, { readonly service: string; readonly target?: string; readonly version?: '1.0' | '1.1' }>

export type Action = keyof typeof ACTIONS
export type JsonAction = { [Name in Action]: (typeof ACTIONS)[Name] extends { readonly target: string } ? Name : never }[Action]
export type S3Action = Exclude<Action, JsonAction>
