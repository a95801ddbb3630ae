import { App, type AppProps, PermissionsBoundary, Stage, Tags } from 'aws-cdk-lib'
import type { Bundles } from './bundle.ts'
import type { Environment, Exchange } from './config/exchange.ts'
import { placesOf } from './config/shares.ts'
import { BOUNDARY, stackName } from './names.ts'
import { AccountStack } from './stacks/account.ts'
import { AgencyNodeStack } from './stacks/agency-node.ts'
import { CentralStack } from './stacks/central.ts'
import { FoundationStack } from './stacks/foundation.ts'

/** The whole exchange as stacks: in each environment the centre, what every account needs once, and a stage for each agency. */
export function exchangeApp(exchange: Exchange, bundles: Bundles, props: AppProps = {}): App {
  const app = new App({ analyticsReporting: false, ...props })
  for (const environment of exchange.environments) addEnvironment(app, environment, bundles)
  return app
}

function addEnvironment(app: App, environment: Environment, bundles: Bundles): void {
  const env = { account: environment.account, region: environment.region }
  const centre = stage(app, environment, 'central', env)
  new CentralStack(centre, 'central', { stackName: stackName(environment, 'central'), terminationProtection: true, environment, bundles })
  const founded = new Set<string>()
  for (const place of placesOf(environment)) {
    const at = `${place.account}-${place.region}`
    if (!founded.has(place.account)) {
      // Policies are the account's, not a Region's.
      const foundation = stage(app, environment, `foundation-${at}`, place, false)
      new FoundationStack(foundation, 'foundation', { stackName: stackName(environment, 'foundation'), terminationProtection: true })
    }
    founded.add(place.account)
    const account = stage(app, environment, `account-${at}`, place)
    const alarmMail = place.centre ? environment.alarmMail : (place.agencies[0]?.alarmMail ?? null)
    new AccountStack(account, 'account', { stackName: stackName(environment, 'account'), environment, alarmMail })
  }
  for (const agency of environment.agencies) {
    const node = stage(app, environment, agency.id, agency)
    Tags.of(node).add('agency', agency.id)
    new AgencyNodeStack(node, 'node', {
      stackName: stackName(environment, agency.id),
      terminationProtection: true,
      environment,
      agency,
      bundles,
    })
  }
}

type At = { readonly account: string; readonly region: string }

function stage(app: App, environment: Environment, id: string, { account, region }: At, bounded = true): Stage {
  const within = bounded ? { permissionsBoundary: PermissionsBoundary.fromName(BOUNDARY) } : {}
  const made = new Stage(app, `${environment.name}-${id}`, { env: { account, region }, ...within })
  Tags.of(made).add('exchange', environment.instance)
  Tags.of(made).add('environment', environment.name)
  return made
}
