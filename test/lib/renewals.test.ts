import { describe, expect, test } from 'vitest'
import { everyDoor, listOf, resourcesOf, smallest, statementsOf, synthesized, twoAgencies } from './world.ts'

const nodes = () =>
  twoAgencies().templates.filter(({ template }) => Object.values(template.Resources).some(({ Type }) => Type === 'AWS::SQS::Queue'))

/** What each kind of renewal changes, and the types by which a template could hold it: a deploy would put back what the template says. */
const RENEWALS: readonly (readonly [what: string, types: RegExp])[] = [
  ["a node's TLS certificate, brought into ACM", /^AWS::CertificateManager::|^AWS::ACMPCA::/],
  ['a public certificate', /^AWS::CertificateManager::/],
  ['the TLS key', /^AWS::SSM::Parameter|^AWS::SecretsManager::/],
  ['a domain and the certificate it shows', /^AWS::ApiGateway(V2)?::DomainName/],
  ['what a domain leads to', /^AWS::ApiGateway(V2)?::(BasePathMapping|ApiMapping|RoutingRule)/],
  ['where a name leads', /^AWS::Route53::RecordSet/],
  ['a trust store or a record, by whatever a deploy may call', /^AWS::CloudFormation::CustomResource|^Custom::/],
]

describe('a deploy after a renewal changes nothing', () => {
  for (const [what, types] of RENEWALS)
    test(`${what}: no template of an agency holds it`, () => {
      expect(nodes().length).toBeGreaterThan(3)
      const held = nodes().flatMap(({ template }) => Object.values(template.Resources).filter(({ Type }) => types.test(Type)))
      expect(held.map(({ Type }) => Type)).toEqual([])
    })

  test('what a deploy is made from holds nothing that a renewal changes: the same file gives the same templates', () => {
    const [one, two] = [synthesized(smallest, everyDoor()), synthesized(smallest, everyDoor())]
    expect(JSON.stringify(two.templates.map(({ template }) => template))).toBe(
      JSON.stringify(one.templates.map(({ template }) => template)),
    )
  })

  test('only the doors of enrolment and of the edge may change what a renewal changes, and no deploy calls them', () => {
    const may = resourcesOf(nodes(), 'AWS::IAM::ManagedPolicy').filter(({ properties }) =>
      statementsOf(properties.PolicyDocument).some(({ Effect, Action }) =>
        listOf(Effect === 'Allow' ? Action : []).some((action) => /^(acm:Import|acm:Request|apigateway:P|ssm:Put)/.test(action)),
      ),
    )
    expect([...new Set(may.map(({ id }) => id.replace(/Policy.*/, '')))].toSorted()).toEqual(['Edge', 'Enrol'])
  })
})
