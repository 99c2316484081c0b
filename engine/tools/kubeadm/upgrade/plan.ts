/** `kubeadm upgrade plan` (A5). Models cmd/kubeadm/app/cmd/upgrade/plan.go. */
import type { Run } from '../../../host/process.ts'
import { parseYaml } from '../../../objects/yaml.ts'
import { parseVersion } from '../../../versions/index.ts'
import type { ApiObject, Client } from '../../kubectl/client.ts'
import { pathOf, TIMEOUT } from '../apply.ts'
import { kubeletConfigName } from '../artifacts/objects/configuration.ts'
import type { Command, Context } from '../command.ts'
import type { ClusterConfiguration, Fields } from '../config/types.ts'
import { isMissing, notSimulated, wrapped } from '../errors.ts'
import { ignoredChecks } from '../init/data.ts'
import { checkRoot } from '../preflight/index.ts'
import { say } from '../session.ts'
import { resolveVersion } from '../stable-version.ts'
import { offersFor } from './compute.ts'
import { clusterOrAdvice, upgradeClient, upgradeConfig } from './data.ts'
import { checkHealthAlone } from './health.ts'
import { planFlags } from './options.ts'
import { configsText, offerText } from './plan-text.ts'
import type { ConfigState } from './plan-text.ts'
import { clusterState, clusterVersion } from './versions.ts'

export const plan: Command = {
  path: 'upgrade plan',
  takes: '[version]',
  short: 'Check which versions are available to upgrade to and validate whether your current cluster is upgradeable. To skip the internet check, pass in the optional [version] parameter', // prettier-ignore
  flags: planFlags,
  maxArgs: 1,
  *run(ctx) {
    const { p, flags } = ctx
    if (flags.text('output') !== 'text') throw notSimulated(`kubeadm upgrade plan -o ${flags.text('output')}`)
    if (flags.bool('allow-experimental-upgrades') || flags.bool('allow-release-candidate-upgrades'))
      throw notSimulated('kubeadm upgrade plan for unstable versions')
    const { client, cluster } = yield* prepared(ctx)
    yield* say(p, '[upgrade] Fetching available versions to upgrade to')
    if (yield* showOffers(ctx, client)) yield* p.out(configsText(yield* configStates(client, cluster)))
  },
}

/** Preflight, configuration, health; the first two in the other order up to 1.29. */
function* prepared(ctx: Context): Run<{ client: Client; cluster: ClusterConfiguration }> {
  const { p, flags, features, version } = ctx
  const { given } = yield* upgradeConfig(ctx, 'plan')
  const ignored = ignoredChecks(flags, given.ignorePreflightErrors)
  const { minor } = features
  const root = function* (): Run<void> {
    yield* say(p, '[preflight] Running pre-flight checks.')
    yield* checkRoot(p, { version, ignored })
  }
  if (minor >= 30) yield* root()
  else yield* say(p, '[upgrade/config] Making sure the configuration is correct:')
  const client = yield* upgradeClient(p, flags.text('kubeconfig'))
  const cluster = yield* clusterOrAdvice(p, client, 'upgrade/config', minor)
  if (minor < 30) yield* root()
  yield* checkHealthAlone(p, { client, cluster, ignored, dryRun: false, minor })
  return { client, cluster }
}

/** Says whether there was any. */
function* showOffers(ctx: Context, client: Client): Run<boolean> {
  const { p, args, version, features } = ctx
  const { minor } = features
  const cluster = yield* clusterVersion(client)
  yield* say(p, `[upgrade/versions] Cluster version: ${minor >= 30 ? cluster.replace(/^v/, '') : cluster}`)
  yield* say(p, `[upgrade/versions] kubeadm version: ${version}`)
  const [given] = args
  const stable = yield* resolveVersion(p, given ?? 'stable', version)
  yield* say(p, `[upgrade/versions] Target version: ${stable}`)
  const series = parseVersion(cluster)?.minor ?? 0
  const patch = yield* resolveVersion(p, given ?? `stable-1.${series}`, version)
  yield* say(p, `[upgrade/versions] Latest version in the v1.${series} series: ${patch}`)
  let state
  try {
    state = yield* clusterState(client, cluster, version)
  } catch (error) {
    throw wrapped('[upgrade/versions] FATAL', error)
  }
  const offers = offersFor(state, stable, patch)
  if (offers.length > 0) yield* say(p, '')
  for (const one of offers) yield* p.out(offerText(state, one, minor))
  return offers.length > 0
}

type ConfigMap = ApiObject & { data?: Record<string, string> }

function* configStates(client: Client, cluster: ClusterConfiguration): Run<ConfigState[]> {
  const states: ConfigState[] = []
  const maps = [
    ['kube-proxy', 'config.conf', 'kubeproxy.config.k8s.io', 'v1alpha1'],
    [kubeletConfigName(cluster.kubernetesVersion), 'kubelet', 'kubelet.config.k8s.io', 'v1beta1'],
  ] as const
  for (const [name, key, group, preferred] of maps) {
    const current = yield* versionIn(client, name, key)
    if (current !== undefined) states.push({ group, current, preferred })
  }
  return states
}

function* versionIn(client: Client, name: string, key: string): Run<string | undefined> {
  try {
    const map = yield* client.get<ConfigMap>(pathOf('v1/configmaps', 'kube-system', name), TIMEOUT)
    const document = parseYaml(map.data?.[key] ?? '') as Fields | null
    return String(document?.['apiVersion'] ?? '').split('/')[1] ?? ''
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}
