const CLOUDFORMATION = { service: 'cloudformation', version: '2010-05-15' } as const
/** Everything the command line asks of AWS itself; the CDK's own tool asks the rest. Nothing here takes evidence away, a key or a table. */
export const OPERATOR_ACTIONS = {
  GetCallerIdentity: { service: 'sts', version: '2011-06-15' },
  ListServiceQuotas: { service: 'servicequotas', target: 'ServiceQuotasV20190624.ListServiceQuotas', version: '1.1' },
  GetAccountSummary: { service: 'iam', version: '2010-05-08', host: 'iam.amazonaws.com', region: 'us-east-1' },
  GetAccountSettings: { service: 'lambda', method: 'GET' },
  GetDomainNames: { service: 'apigateway', method: 'GET' },
  ListTables: { service: 'dynamodb', target: 'DynamoDB_20120810.ListTables', version: '1.0' },
  ListBuckets: { service: 's3', method: 'GET' },
  DescribeStacks: CLOUDFORMATION,
  DescribeStackResources: CLOUDFORMATION,
  DescribeChangeSet: CLOUDFORMATION,
  ExecuteChangeSet: CLOUDFORMATION,
  DeleteChangeSet: CLOUDFORMATION,
  DeleteStack: CLOUDFORMATION,
  UpdateTerminationProtection: CLOUDFORMATION,
  Invoke: { service: 'lambda', method: 'POST' },
  PutFunctionConcurrency: { service: 'lambda', method: 'PUT' },
  GetQueueAttributes: { service: 'sqs', target: 'AmazonSQS.GetQueueAttributes', version: '1.0' },
  DeleteDomainName: { service: 'apigateway', method: 'DELETE' },
  DeleteCertificate: { service: 'acm', target: 'CertificateManager.DeleteCertificate', version: '1.1' },
  DeleteParameter: { service: 'ssm', target: 'AmazonSSM.DeleteParameter', version: '1.1' },
  GetHostedZone: { service: 'route53', method: 'GET', host: 'route53.amazonaws.com', region: 'us-east-1' },
  ListResourceRecordSets: { service: 'route53', method: 'GET', host: 'route53.amazonaws.com', region: 'us-east-1' },
  ChangeResourceRecordSets: { service: 'route53', method: 'POST', host: 'route53.amazonaws.com', region: 'us-east-1' },
} as const
export type OperatorAction = keyof typeof OPERATOR_ACTIONS
