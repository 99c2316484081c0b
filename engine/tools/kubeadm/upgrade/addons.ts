/** [upgrade/addon]: CoreDNS and kube-proxy, once every control plane is new. Models cmd/kubeadm/app/cmd/phases/upgrade/addons.go (A6). */
import type { Proc, Run } from '../../../host/process.ts'
import type { ApiObject } from '../../kubectl/client.ts'
import { applyAll, createOnce, pathOf, TIMEOUT } from '../apply.ts'
import { serverUrl } from '../artifacts/addresses.ts'
import { coreDns } from '../artifacts/objects/core-dns.ts'
import { kubeProxy } from '../artifacts/objects/kube-proxy.ts'
import type { ClusterObject } from '../artifacts/objects/object.ts'
import { showObjects } from '../dry-run.ts'
import { isMissing, wrapped } from '../errors.ts'
import { say } from '../session.ts'
import type { Phase } from '../workflow.ts'
import type { UpgradeData } from './data.ts'
import { hasPhases } from './preflight.ts'
import { componentPods, imageOf } from './versions.ts'

/** Nodes whose API server is of another image than this one's. */
function* oldControlPlanes({ client, node }: UpgradeData): Run<string[]> {
  const pods = yield* componentPods(client, 'component=kube-apiserver')
  const own = pods.find(({ spec }) => spec?.nodeName === node.name)
  if (own === undefined) return []
  const others = pods.filter((pod) => imageOf(pod) !== imageOf(own))
  return others.map(({ spec }) => spec?.nodeName ?? '').sort()
}

/** Up to 1.27 add-ons were upgraded at once. */
function* mayUpgrade(p: Proc, data: UpgradeData): Run<boolean> {
  const { minor } = data.features
  if (minor <= 27) return true
  let old: string[]
  try {
    old = yield* oldControlPlanes(data)
  } catch (error) {
    throw wrapped('failed to determine whether all the control plane instances have been upgraded', error)
  }
  if (old.length === 0) return true
  const list = `[${old.join(' ')}]`
  yield* say(
    p,
    hasPhases(minor)
      ? `[upgrade/addon] Skipping upgrade of addons because control plane instances ${list} have not been upgraded`
      : `[upgrade/addons] skip upgrade addons because control plane instances ${list} have not been upgraded`,
  )
  return false
}

function* install(p: Proc, data: UpgradeData, what: string, objects: ClusterObject[]): Run<void> {
  if (data.dryRun) yield* showObjects(p, objects)
  else yield* applyAll(p, data.client, objects)
  yield* say(p, `[addons] Applied essential addon: ${what}`)
}

type Deployment = ApiObject & { spec?: { replicas?: number } }

/** As many replicas as there are; the Corefile stays as it is. */
function* upgradeDns(p: Proc, data: UpgradeData): Run<void> {
  let replicas = 2
  try {
    const found = yield* data.client.get<Deployment>(pathOf('apps/v1/deployments', 'kube-system', 'coredns'), TIMEOUT)
    replicas = found.spec?.replicas ?? replicas
  } catch (error) {
    if (!isMissing(error)) throw error
  }
  const objects = coreDns(data.cluster, replicas)
  const [config, rest] = [objects.filter(isCorefile), objects.filter((one) => !isCorefile(one))]
  if (!data.dryRun) for (const one of config) yield* createOnce(p, data.client, one)
  yield* install(p, data, 'CoreDNS', rest)
}

const isCorefile = ({ resource }: ClusterObject): boolean => resource === 'v1/configmaps'

function* upgradeProxy(p: Proc, data: UpgradeData): Run<void> {
  const { advertiseAddress: address, bindPort } = data.endpoint
  const server = serverUrl(data.cluster, { address, bindPort })
  yield* install(p, data, 'kube-proxy', kubeProxy(data.cluster, server, data.kubeProxy))
}

const part = (
  name: 'coredns' | 'kube-proxy',
  short: string,
  isDisabled: (data: UpgradeData) => boolean,
  upgrade: (p: Proc, data: UpgradeData) => Run<void>,
): Phase<UpgradeData> => ({
  name,
  short,
  *run(p, data) {
    const skipping = `[upgrade/addon] Skipping the addon/${name} phase.`
    if (!data.isControlPlane) return yield* say(p, `${skipping} Not a control plane node.`)
    if (isDisabled(data)) return yield* say(p, `${skipping} The addon is disabled.`)
    if (yield* mayUpgrade(p, data)) yield* upgrade(p, data)
  },
})

export const addonPhase: Phase<UpgradeData> = {
  name: 'addon',
  short: 'Upgrade the default kubeadm addons',
  phases: [
    { name: 'all', short: 'Upgrade all the addons', runsSiblings: true },
    part('coredns', 'Upgrade the CoreDNS addon', ({ cluster }) => cluster.dns.disabled === true, upgradeDns),
    part('kube-proxy', 'Upgrade the kube-proxy addon', ({ cluster }) => cluster.proxy.disabled === true, upgradeProxy),
  ],
}

/** Both at once, as releases without phases do it. */
export function* upgradeAddons(p: Proc, data: UpgradeData): Run<void> {
  if (!(yield* mayUpgrade(p, data))) return
  yield* upgradeDns(p, data)
  yield* upgradeProxy(p, data)
}
