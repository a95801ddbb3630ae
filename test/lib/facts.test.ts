import { describe, expect, test } from 'vitest'
import { doorRow } from '../../lib/doors.ts'
import { ROLES } from '../../src/exchange/centre/api/operation.ts'
import { CONSUME_MS, PROVIDE_MS } from '../../src/exchange/limits.ts'
import { everyDoor, listOf, resourcesOf, type Statement, smallest, statementsOf, synthesized, twoAgencies } from './world.ts'

const all = () => twoAgencies().templates
const nodes = () => all().filter(({ template }) => Object.values(template.Resources).some(({ Type }) => Type === 'AWS::SQS::Queue'))
const denials = (document: unknown) => statementsOf(document).filter(({ Effect }) => Effect === 'Deny')
const of = (sid: string, document: unknown): Statement => {
  const found = statementsOf(document).find(({ Sid }) => Sid === sid)
  if (!found) throw new Error(`no statement ${sid}`)
  return found
}

describe('evidence', () => {
  test('lies in a locked, versioned, encrypted bucket that outlives its stack: GOVERNANCE in test, COMPLIANCE in production', () => {
    const buckets = resourcesOf(all(), 'AWS::S3::Bucket')
    expect(buckets).toHaveLength(2 + 6)
    for (const { stage, properties, DeletionPolicy, UpdateReplacePolicy } of buckets) {
      const retention = stage.startsWith('test-') ? { Mode: 'GOVERNANCE', Days: 1 } : { Mode: 'COMPLIANCE', Days: 12 * 365 + 3 }
      expect(properties).toMatchObject({
        ObjectLockEnabled: true,
        ObjectLockConfiguration: { Rule: { DefaultRetention: retention } },
        VersioningConfiguration: { Status: 'Enabled' },
        BucketEncryption: { ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } }] },
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
      })
      expect([DeletionPolicy, UpdateReplacePolicy]).toEqual(['Retain', 'Retain'])
      expect(JSON.stringify(properties.LifecycleConfiguration)).not.toMatch(/Expiration|NoncurrentVersion/)
    }
  })

  test('nobody deletes, overwrites or shortens it: the policy denies that to all, without exception', () => {
    for (const { properties } of resourcesOf(all(), 'AWS::S3::BucketPolicy')) {
      const erase = of('NobodyErases', properties.PolicyDocument)
      expect(erase).toMatchObject({ Effect: 'Deny', Principal: { AWS: '*' } })
      expect(erase.Condition).toBeUndefined()
      expect(erase.Action).toEqual(
        expect.arrayContaining(['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:BypassGovernanceRetention', 's3:PutObjectRetention']),
      )
      expect(of('WriteOnce', properties.PolicyDocument)).toMatchObject({
        Effect: 'Deny',
        Action: 's3:PutObject',
        Condition: { Null: { 's3:if-none-match': 'true' } },
      })
      expect(denials(properties.PolicyDocument).some(({ Condition }) => Condition?.Bool?.['aws:SecureTransport'] === 'false')).toBe(true)
    }
  })

  test('waits in queues that hold 14 days, outlive their stack, and go to dead letters only after many tries', () => {
    const queues = resourcesOf(all(), 'AWS::SQS::Queue')
    expect(queues).toHaveLength(2 * 6)
    for (const { properties, DeletionPolicy, UpdateReplacePolicy } of queues) {
      expect(properties).toMatchObject({ MessageRetentionPeriod: 14 * 86_400, SqsManagedSseEnabled: true })
      expect(Number(properties.VisibilityTimeout)).toBeGreaterThan(doorRow('archive').seconds)
      expect(properties.QueueName).toBeUndefined()
      expect([DeletionPolicy, UpdateReplacePolicy]).toEqual(['Retain', 'Retain'])
    }
    const lines = queues.filter(({ properties }) => properties.RedrivePolicy)
    expect(lines).toHaveLength(6)
    for (const { properties } of lines)
      expect((properties.RedrivePolicy as { maxReceiveCount: number }).maxReceiveCount).toBeGreaterThanOrEqual(1000)
  })

  test('only the message doors send, only the archive takes out, nobody purges, only deployments change a queue', () => {
    for (const { template, stage } of nodes()) {
      const role = (door: string) => ({ 'Fn::GetAtt': [Object.keys(template.Resources).find((id) => id.startsWith(`${door}Role`)), 'Arn'] })
      const line = resourcesOf([{ file: '', stage, template }], 'AWS::SQS::QueuePolicy').find(({ id }) => id.includes('EvidenceQueue'))
      const document = line?.properties.PolicyDocument
      expect(of('OnlyMessageDoorsSend', document)).toMatchObject({
        Effect: 'Deny',
        Action: 'sqs:SendMessage',
        Condition: { ArnNotEquals: { 'aws:PrincipalArn': [role('Consume'), role('Provide')] } },
      })
      expect(of('OnlyTheArchiveTakesOut', document)).toMatchObject({
        Effect: 'Deny',
        Condition: { ArnNotEquals: { 'aws:PrincipalArn': [role('Archive')] } },
      })
      expect(of('NobodyPurges', document)).toMatchObject({ Effect: 'Deny', Action: 'sqs:PurgeQueue', Principal: { AWS: '*' } })
      expect(of('NobodyPurges', document).Condition).toBeUndefined()
      expect(JSON.stringify(of('OnlyDeploymentsChangeRules', document).Condition)).toContain('cfn-exec-role')
    }
  })
})

describe('a signing key', () => {
  test('is one RSA_2048 key an agency; only its two message doors sign, and nobody hands it on', () => {
    for (const { template, stage } of nodes()) {
      const keys = resourcesOf([{ file: '', stage, template }], 'AWS::KMS::Key')
      expect(keys).toHaveLength(1)
      const [key] = keys
      expect(key?.properties).toMatchObject({ KeySpec: 'RSA_2048', KeyUsage: 'SIGN_VERIFY' })
      expect(key?.DeletionPolicy).toBe('Retain')
      const roles = ['Consume', 'Provide'].map((door) => ({
        'Fn::GetAtt': [Object.keys(template.Resources).find((id) => id.startsWith(`${door}Role`)), 'Arn'],
      }))
      expect(of('NobodyElseSigns', key?.properties.KeyPolicy)).toMatchObject({
        Effect: 'Deny',
        Action: 'kms:Sign',
        Principal: { AWS: '*' },
        Condition: { ArnNotEquals: { 'aws:PrincipalArn': roles } },
      })
      expect(of('NobodyHandsItOn', key?.properties.KeyPolicy)).toMatchObject({
        Effect: 'Deny',
        Action: 'kms:CreateGrant',
        Principal: { AWS: '*' },
      })
      expect(of('NobodyHandsItOn', key?.properties.KeyPolicy).Condition).toBeUndefined()
      expect(JSON.stringify(of('LookAfter', key?.properties.KeyPolicy).Action)).not.toMatch(/kms:(\*|Sign|CreateGrant)/)
    }
  })

  test('without a door that signs, nobody may', () => {
    const { templates } = synthesized(smallest, everyDoor(['archive']))
    const keys = resourcesOf(templates, 'AWS::KMS::Key')
    expect(keys).toHaveLength(2 + 4)
    for (const { properties } of keys) expect(of('NobodyElseSigns', properties.KeyPolicy).Condition).toBeUndefined()
  })
})

describe('rights', () => {
  const WITH_REASON: Readonly<Record<string, string>> = {
    'acm:RequestCertificate': 'ACM offers no resource for a request',
  }

  test('no action is a pattern, and no resource is all resources but where AWS offers nothing narrower', () => {
    // What the account's administrator lays down is no role's right: see the foundation.
    for (const { properties, stage, id } of resourcesOf(all(), 'AWS::IAM::ManagedPolicy').filter(
      (each) => !each.stage.includes('foundation'),
    ))
      for (const statement of statementsOf(properties.PolicyDocument)) {
        expect([statement.NotAction, statement.NotResource], `${stage} ${id}`).toEqual([undefined, undefined])
        for (const action of listOf(statement.Action)) expect(action, `${stage} ${id}`).not.toContain('*')
        if (listOf(statement.Resource).includes('*'))
          for (const action of listOf(statement.Action)) expect(WITH_REASON[action], `${stage} ${id}: ${action} on *`).toBeDefined()
      }
  })

  test('are in managed policies of one role each, never inline', () => {
    expect(resourcesOf(all(), 'AWS::IAM::Policy')).toEqual([])
    for (const { properties } of resourcesOf(all(), 'AWS::IAM::Role')) expect(properties.Policies).toBeUndefined()
    for (const { properties, stage } of resourcesOf(all(), 'AWS::IAM::ManagedPolicy'))
      expect(properties.Roles ?? []).toHaveLength(stage.includes('foundation') ? 0 : 1)
  })

  test('no policy is longer than IAM takes', () => {
    for (const { properties, stage, id } of resourcesOf(all(), 'AWS::IAM::ManagedPolicy'))
      expect(JSON.stringify(properties.PolicyDocument).length, `${stage} ${id}`).toBeLessThan(6144)
  })

  test('one door writes the authentication key and one reads it; no template holds a secret', () => {
    for (const { stage, template } of nodes()) {
      const doors = (action: string) =>
        resourcesOf([{ file: '', stage, template }], 'AWS::IAM::ManagedPolicy')
          .filter(({ properties }) => statementsOf(properties.PolicyDocument).some(({ Action }) => listOf(Action).includes(action)))
          .map(({ id }) => id.replace(/Policy.*/, ''))
      expect([doors('ssm:PutParameter'), doors('ssm:GetParameter')]).toEqual([['Enrol'], ['Consume']])
      expect(JSON.stringify(template.Resources)).not.toMatch(/PRIVATE KEY|AWS::SSM::Parameter|AWS::SecretsManager/)
    }
  })

  test('no role may invoke, update or configure a message door; only its own edge may', () => {
    for (const { stage, template } of nodes()) {
      const one = [{ file: '', stage, template }]
      const invoked = resourcesOf(one, 'AWS::IAM::ManagedPolicy').flatMap(({ properties }) =>
        statementsOf(properties.PolicyDocument)
          .filter(({ Action }) => listOf(Action).some((action) => action.startsWith('lambda:')))
          .map(({ Resource }) => JSON.stringify(Resource)),
      )
      expect(invoked.filter((resource) => /Consume|Provide/.test(resource))).toEqual([])
      for (const { properties } of resourcesOf(one, 'AWS::Lambda::Permission')) {
        expect(properties).toMatchObject({ Principal: 'apigateway.amazonaws.com', Action: 'lambda:InvokeFunction' })
        expect(JSON.stringify(properties.SourceArn)).toMatch(/ConsumerEdge|ProviderEdge/)
      }
    }
  })
})

describe('the foundation of an account', () => {
  const foundations = () => all().filter(({ stage }) => stage.includes('foundation'))
  const policy = (start: string) =>
    foundations().map((made) => {
      const found = resourcesOf([made], 'AWS::IAM::ManagedPolicy').find(({ id }) => id.startsWith(start))
      return statementsOf(found?.properties.PolicyDocument)
    })

  test('is one an account, trusts nobody, and needs neither bootstrap nor asset', () => {
    expect(foundations().map(({ stage }) => stage.split('-')[2])).toEqual(['222222222222', '333333333333', '111111111111'])
    for (const { template } of foundations()) {
      expect(Object.values(template.Resources).map(({ Type }) => Type)).toEqual(['AWS::IAM::ManagedPolicy', 'AWS::IAM::ManagedPolicy'])
      expect(JSON.stringify(template)).not.toMatch(/Principal|BootstrapVersion|Parameters/)
    }
  })

  test('bounds every role of ours, in every account', () => {
    const roles = resourcesOf(all(), 'AWS::IAM::Role')
    for (const { properties, stage, id } of roles)
      expect(JSON.stringify(properties.PermissionsBoundary), `${stage} ${id}`).toContain('policy/sacbe-boundary')
  })

  test('lets roles do what they are given, nothing that is not given, and never what would erase evidence or hand a key on', () => {
    const given = new Set(
      resourcesOf(all(), 'AWS::IAM::ManagedPolicy')
        .filter(({ stage }) => !stage.includes('foundation'))
        .flatMap(({ properties }) => statementsOf(properties.PolicyDocument).flatMap(({ Action }) => listOf(Action))),
    )
    for (const statements of policy('Boundary')) {
      const most = new Set(listOf(statements.find(({ Effect }) => Effect === 'Allow')?.Action))
      expect([...given].filter((action) => !most.has(action))).toEqual([])
      const never = listOf(statements.find(({ Effect }) => Effect === 'Deny')?.Action)
      expect(never).toEqual(
        expect.arrayContaining(['s3:DeleteObjectVersion', 's3:BypassGovernanceRetention', 'sqs:PurgeQueue', 'kms:CreateGrant']),
      )
      expect(never.filter((action) => most.has(action))).toEqual([])
    }
  })

  test('a deployment makes roles only within the boundary, signs nothing, and cannot change either policy', () => {
    for (const statements of policy('Deployer')) {
      const create = statements.filter(({ Effect, Action }) => Effect === 'Allow' && listOf(Action).includes('iam:CreateRole'))
      expect(create.map(({ Condition }) => JSON.stringify(Condition))).toEqual([expect.stringContaining('iam:PermissionsBoundary')])
      const denied = statements.filter(({ Effect }) => Effect === 'Deny').flatMap(({ Action }) => listOf(Action))
      expect(denied).toEqual(
        expect.arrayContaining(['kms:Sign', 'sqs:ReceiveMessage', 's3:DeleteObject', 'lambda:InvokeFunction', 'iam:CreatePolicyVersion']),
      )
    }
  })
})

describe('doors', () => {
  const functions = () => resourcesOf(all(), 'AWS::Lambda::Function')

  test('are arm64 on Node 24, outside any VPC, each with its share of concurrency, and nothing asks a failed event again', () => {
    expect(functions()).toHaveLength(6 * 6 + 2 * 5)
    for (const { properties } of functions()) {
      expect(properties).toMatchObject({
        Architectures: ['arm64'],
        Runtime: 'nodejs24.x',
        Handler: 'index.handler',
        LoggingConfig: { LogFormat: 'JSON', SystemLogLevel: 'WARN' },
      })
      expect(properties.VpcConfig).toBeUndefined()
      expect(Number(properties.ReservedConcurrentExecutions)).toBeGreaterThan(0)
    }
    for (const { properties } of resourcesOf(all(), 'AWS::Lambda::EventInvokeConfig')) expect(properties.MaximumRetryAttempts).toBe(0)
  })

  test('get exactly the settings that their settings.ts names', async () => {
    for (const { properties, stage } of functions()) {
      const tags = properties.Tags as { Key: string; Value: string }[]
      const door = tags.find(({ Key }) => Key === 'service')?.Value
      const names = Object.values((await import(`../../functions/${door}/settings.ts`)) as Record<string, readonly string[]>).flat()
      const given = Object.keys((properties.Environment as { Variables: object } | undefined)?.Variables ?? {})
      expect(given.toSorted(), `${stage} ${door}`).toEqual(names.toSorted())
    }
  })

  test('a setting that is not given stops the synthesis and is named', async () => {
    const { App, Stack } = await import('aws-cdk-lib')
    const { Door } = await import('../../lib/constructs/door.ts')
    const app = new App({ analyticsReporting: false, builtinCloudFormationValidation: false })
    const door = new Door(new Stack(app, 'S'), 'Consume', {
      door: 'consume',
      bundle: everyDoor().get('consume') ?? '',
      settings: ['NODE_TABLE', 'EVIDENCE_QUEUE'],
      reserved: 1,
      logDays: 1,
    })
    door.give({ NODE_TABLE: 'x', STRAY: 'y' } as Record<string, string>)
    expect(() => app.synth()).toThrow(/setting EVIDENCE_QUEUE is not given[\s\S]*setting STRAY is not in its settings\.ts/)
  })

  test('their times lie one inside the other, as the flows reckon', () => {
    expect(doorRow('consume').seconds * 1000).toBe(CONSUME_MS + 1000)
    expect(doorRow('provide').seconds * 1000).toBe(PROVIDE_MS + 1000)
  })

  test('every log group has an end', () => {
    for (const { properties, stage } of resourcesOf(all(), 'AWS::Logs::LogGroup'))
      expect(properties.RetentionInDays).toBe(stage.startsWith('test-') ? 14 : 365)
  })

  test('shift gradually in the shared production account, and go back by themselves on the alarm', () => {
    const groups = resourcesOf(all(), 'AWS::CodeDeploy::DeploymentGroup')
    expect(groups.map(({ stage }) => stage)).toEqual(['production-dif', 'production-dif', 'production-salud', 'production-salud'])
    for (const { properties } of groups)
      expect(properties).toMatchObject({
        AlarmConfiguration: { Alarms: [{ Name: 'sacbe-production-doors-failing' }], Enabled: true },
        AutoRollbackConfiguration: { Enabled: true },
      })
  })
})

describe('edges', () => {
  test('have no address of their own, are throttled, and log no path', () => {
    const apis = [...resourcesOf(all(), 'AWS::ApiGatewayV2::Api'), ...resourcesOf(all(), 'AWS::ApiGateway::RestApi')]
    expect(apis).toHaveLength(2 + 6 * 2)
    for (const { properties } of apis) expect(properties.DisableExecuteApiEndpoint).toBe(true)
    for (const { properties } of [...resourcesOf(all(), 'AWS::ApiGatewayV2::Stage'), ...resourcesOf(all(), 'AWS::ApiGateway::Stage')]) {
      const { Format } = (properties.AccessLogSettings ?? properties.AccessLogSetting) as { Format: string }
      expect(Format).not.toMatch(/path|resource|protocol|querystring|header|subjectDN|sourceIp|userAgent/i)
      expect(JSON.stringify(properties)).toMatch(/Throttling(Rate|Burst)Limit/)
    }
  })

  test('log where one pattern of the account’s policy stands for all of them, each in a group of its own', () => {
    const names = resourcesOf(all(), 'AWS::Logs::LogGroup').flatMap(({ stage, properties }) =>
      properties.LogGroupName ? [`${stage} ${properties.LogGroupName}`] : [],
    )
    expect(names).toHaveLength(2 + 6 * 2)
    expect(new Set(names).size).toBe(names.length)
    for (const name of names) expect(name).toMatch(/ \/aws\/vendedlogs\/sacbe-/)
  })

  test('a deployment touches nothing that a renewal changes: no domain, certificate, parameter or trust store of an agency is in a template', () => {
    for (const { template } of nodes())
      for (const { Type } of Object.values(template.Resources))
        expect(Type).not.toMatch(/DomainName|Certificate|ApiMapping|BasePathMapping|SSM|RecordSet|Custom/)
  })

  test('the same configuration makes the same templates', () => {
    const [first, second] = [synthesized(smallest).templates, synthesized(smallest).templates]
    expect(second.map(({ template }) => template)).toEqual(first.map(({ template }) => template))
  })
})

describe('people', () => {
  test('are invited, bear a second factor, and have the roles that the administration knows', () => {
    for (const { properties } of resourcesOf(all(), 'AWS::Cognito::UserPool'))
      expect(properties).toMatchObject({
        MfaConfiguration: 'ON',
        EnabledMfas: ['SOFTWARE_TOKEN_MFA'],
        AdminCreateUserConfig: { AllowAdminCreateUserOnly: true },
      })
    const groups = resourcesOf(all(), 'AWS::Cognito::UserPoolGroup').map(({ properties }) => properties.GroupName)
    expect(new Set(groups)).toEqual(new Set(ROLES.map((role) => `sacbe-${role}`)))
  })

  test('are known to the gateway before the administration is asked; no other door of the centre needs a person', () => {
    const routes = resourcesOf(all(), 'AWS::ApiGatewayV2::Route').filter(({ stage }) => stage.endsWith('central'))
    for (const { properties } of routes)
      expect([properties.RouteKey, properties.AuthorizationType]).toEqual([
        properties.RouteKey,
        String(properties.RouteKey).includes('/admin/') ? 'JWT' : 'NONE',
      ])
    expect(routes.filter(({ properties }) => properties.AuthorizationType === 'JWT')).toHaveLength(2)
  })
})

describe('not in these templates', () => {
  const FORBIDDEN =
    /^AWS::(EC2::(NatGateway|VPCEndpoint|Instance|VPC)|ElasticLoadBalancing(V2)?::|Lambda::(EventSourceMapping|Url)|ACMPCA::|CloudHSM::|OpenSearch(Service|Serverless)?::|CloudWatch::Dashboard|Logs::MetricFilter|CloudWatch::(CompositeAlarm|AnomalyDetector)|WAF|SecretsManager::|RDS::|ECS::|CloudFormation::CustomResource)|^Custom::/
  const bad = (
    templates: readonly {
      readonly stage: string
      readonly template: { readonly Resources: Readonly<Record<string, { Type: string; Properties?: object }>> }
    }[],
  ) =>
    templates.flatMap(({ stage, template }) => {
      const resources = Object.values(template.Resources)
      const agency = resources.some(({ Type }) => Type === 'AWS::SQS::Queue')
      const count = (type: string) => resources.filter(({ Type }) => Type === type).length
      return [
        ...resources.filter(({ Type }) => FORBIDDEN.test(Type)).map(({ Type }) => `${stage}: ${Type}`),
        ...resources
          .filter(({ Properties }) => /"ProvisionedConcurren\w*":/.test(JSON.stringify(Properties ?? {})))
          .map(() => `${stage}: provisioned concurrency`),
        ...(agency && count('AWS::KMS::Key') > 1 ? [`${stage}: a second key`] : []),
        ...(count('AWS::CloudWatch::Alarm') > 1 ? [`${stage}: a second alarm`] : []),
      ]
    })

  test('is anything that costs while nobody calls', () => {
    expect(bad(all())).toEqual([])
  })

  test.each([
    ['AWS::EC2::NatGateway', {}],
    ['AWS::ElasticLoadBalancingV2::LoadBalancer', {}],
    ['AWS::EC2::VPCEndpoint', {}],
    ['AWS::Lambda::EventSourceMapping', {}],
    ['AWS::ACMPCA::CertificateAuthority', {}],
    ['AWS::CloudHSM::Cluster', {}],
    ['AWS::OpenSearchService::Domain', {}],
    ['AWS::CloudWatch::Dashboard', {}],
    ['AWS::Logs::MetricFilter', {}],
    ['AWS::KMS::Key', {}],
    ['AWS::CloudWatch::Alarm', {}],
    ['AWS::Lambda::Alias', { ProvisionedConcurrencyConfig: { ProvisionedConcurrentExecutions: 1 } }],
  ])('and a planted %s is found', (Type, Properties) => {
    const [node] = nodes()
    if (!node) throw new Error('no node')
    const planted = { ...node, template: { Resources: { ...node.template.Resources, Planted: { Type, Properties } } } }
    expect(bad([planted])).toHaveLength(1)
  })
})

describe('tags', () => {
  test('say of everything that can bear them whose it is and what for', () => {
    for (const { stage, template } of all())
      for (const [id, { Type, Properties }] of Object.entries(template.Resources)) {
        const tags = (Properties as { Tags?: unknown } | undefined)?.Tags
        if (tags === undefined || !stage.match(/^(test|production)-(dif|salud|sedesoq)$/)) continue
        const has = JSON.stringify(tags)
        for (const name of ['agency', 'service', 'environment', 'exchange']) expect(has, `${stage} ${id} ${Type}: ${name}`).toContain(name)
      }
  })
})
