/** What `upgrade plan` shows. Models cmd/kubeadm/app/cmd/upgrade/plan.go (A5). */
import type { ByVersion, ClusterState, Offer } from './compute.ts'
import { upgradesKubelets } from './compute.ts'

const LINE = '_____________________________________________________________________'
const MIN_WIDTH = 10
const PADDING = 3

/** Go's tabwriter: cells of at least 10, padding 3; the last one of a row is as it is. */
function tabulated(rows: readonly string[][]): string {
  const widths = (rows[0] ?? []).map((_, at) =>
    Math.max(MIN_WIDTH, ...rows.map((row) => (row[at] ?? '').length + PADDING)),
  )
  return rows
    .map((row) => `${row.map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0))).join('')}\n`)
    .join('')
}

/** The nodes have a column of their own since 1.30; before, versions are counted. */
function rowsOf(component: string, versions: ByVersion, target: string, minor: number): string[][] {
  const sorted = Object.keys(versions).sort()
  if (minor >= 30)
    return sorted.flatMap((version) => (versions[version] ?? []).map((node) => [component, node, version, target]))
  return sorted.map((version, at) => [
    at === 0 ? component : '',
    `${versions[version]?.length ?? 0} x ${version}`,
    target,
  ])
}

/** Up to 1.29 the control plane is shown by the one version of the cluster. */
function controlPlaneRows(state: ClusterState, { version, dns, etcd }: Offer, minor: number): string[][] {
  const shown = minor >= 30 ? state.cluster.replace(/^v/, '') : state.cluster
  const flat = (name: string, current: string, target: string): string[] =>
    minor >= 30 ? [name, '', current, target] : [name, current, target]
  const many = (name: string, versions: ByVersion, target: string): string[][] =>
    minor >= 30 ? rowsOf(name, versions, target, minor) : [flat(name, Object.keys(versions).sort()[0] ?? '', target)]
  const own = (name: string, versions: ByVersion): string[][] =>
    minor >= 30 ? many(name, versions, version) : [flat(name, state.cluster, version)]
  return [
    ...own('kube-apiserver', state.apiServers),
    ...own('kube-controller-manager', state.controllerManagers),
    ...own('kube-scheduler', state.schedulers),
    flat('kube-proxy', shown, version),
    flat('CoreDNS', state.dns, dns),
    ...(Object.keys(state.etcds).length > 0 ? many('etcd', state.etcds, etcd) : []),
  ]
}

const head = (minor: number): string[] =>
  minor >= 30 ? ['COMPONENT', 'NODE', 'CURRENT', 'TARGET'] : ['COMPONENT', 'CURRENT', 'TARGET']

/** One block an offer. */
export function offerText(state: ClusterState, one: Offer, minor: number): string {
  const kubelets = upgradesKubelets(state, one)
    ? `Components that must be upgraded manually after you have upgraded the control plane with 'kubeadm upgrade apply':\n${tabulated(
        [head(minor), ...rowsOf('kubelet', state.kubelets, one.version, minor)],
      )}\n`
    : ''
  const note =
    one.kubeadm === state.kubeadm
      ? ''
      : `Note: Before you can perform this upgrade, you have to update kubeadm to ${one.kubeadm}.\n\n`
  return [
    kubelets,
    `Upgrade to the latest ${one.description}:\n\n`,
    tabulated([head(minor), ...controlPlaneRows(state, one, minor)]),
    `\nYou can now apply the upgrade by executing the following command:\n\n\tkubeadm upgrade apply ${one.version}\n\n`,
    note,
    `${LINE}\n\n`,
  ].join('')
}

export interface ConfigState {
  group: string
  current: string
  preferred: string
}

/** The state of the components' configurations. */
export function configsText(states: readonly ConfigState[]): string {
  const rows = states.map(({ group, current, preferred }) => [
    group,
    current,
    preferred,
    current === preferred ? 'no' : 'yes',
  ])
  const table = tabulated([['API GROUP', 'CURRENT VERSION', 'PREFERRED VERSION', 'MANUAL UPGRADE REQUIRED'], ...rows])
  return `
The table below shows the current state of component configs as understood by this version of kubeadm.
Configs that have a "yes" mark in the "MANUAL UPGRADE REQUIRED" column require manual config upgrade or
resetting to kubeadm defaults before a successful upgrade can be performed. The version to manually
upgrade to is denoted in the "PREFERRED VERSION" column.

${table}${LINE}

`
}
