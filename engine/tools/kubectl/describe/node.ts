/** Nodes. Models kubectl/pkg/describe NodeDescriber (K3). */
import type { Run } from '../../../host/process.ts'
import {
  addQuantity,
  makeQuantity,
  parseQuantity,
  quantityMilliValue,
  type Quantity,
} from '../../../objects/quantity.ts'
import type { Container, Lease, Node, Pod } from '../../../objects/types.gen.ts'
import { listAll } from '../builder.ts'
import type { ApiObject } from '../client.ts'
import type { Context } from '../command.ts'
import { StatusError } from '../errors.ts'
import { pathOf } from '../mapper.ts'
import { ageOf } from '../printers/table.ts'
import { texts } from '../texts.ts'
import type { Describer } from './describer.ts'
import { annotationLines, labelLines, timeText, type Writer } from './writer.ts'

export const nodeDescriber: Describer = {
  kinds: ['Node'],
  *lines(w, object, ctx) {
    const node = object as unknown as Node
    identity(w, node)
    yield* lease(w, node, ctx)
    conditions(w, node)
    const addresses = node.status?.addresses ?? []
    w.line(0, 'Addresses:')
    for (const address of addresses) w.field(address.type, address.address, 1)
    amounts(w, 'Capacity', node.status?.capacity)
    amounts(w, 'Allocatable', node.status?.allocatable)
    systemInfo(w, node, ctx)
    w.optional('PodCIDR', node.spec?.podCIDR)
    w.optional('PodCIDRs', (node.spec?.podCIDRs ?? []).join(','))
    w.optional('ProviderID', node.spec?.providerID)
    yield* pods(w, node, ctx)
  },
  // The kubelet's events carry the node's name as uid, the controllers' its uid.
  events: () => undefined,
}

function identity(w: Writer, node: Node): void {
  const { metadata, spec } = node
  w.field('Name', metadata.name)
  const roles = Object.keys(metadata.labels ?? {})
    .flatMap((key) =>
      key.startsWith('node-role.kubernetes.io/')
        ? [key.slice(24)]
        : key === 'kubernetes.io/role'
          ? [metadata.labels![key]!]
          : [],
    )
    .filter(Boolean)
    .sort()
  w.field('Roles', roles.join(',') || '<none>')
  labelLines(w, 'Labels', metadata.labels)
  annotationLines(w, metadata.annotations)
  w.field('CreationTimestamp', timeText(metadata.creationTimestamp))
  const taints = [...(spec?.taints ?? [])]
    .sort((a, b) => (`${a.effect},${a.key}` < `${b.effect},${b.key}` ? -1 : 1))
    .map((t) => `${t.key}${t.value ? `=${t.value}` : ''}:${t.effect}`)
  if (taints.length === 0) w.field('Taints', '<none>')
  taints.forEach((taint, i) => w.line(0, `${i === 0 ? 'Taints:' : ''}\t${taint}`))
  w.field('Unschedulable', spec?.unschedulable ?? false)
}

function* lease(w: Writer, node: Node, ctx: Context): Run<void> {
  const type = (yield* ctx.session.mapper()).find('leases.coordination.k8s.io')
  let spec: Lease['spec'] = {}
  if (type) {
    try {
      const object = yield* (yield* ctx.session.client()).get(pathOf(type, 'kube-node-lease', node.metadata.name))
      spec = (object as unknown as Lease).spec ?? {}
    } catch (error) {
      if (!(error instanceof StatusError)) throw error
      return w.line(0, `Lease:\tFailed to get lease: ${error.message}`)
    }
  }
  w.line(0, 'Lease:')
  w.field('HolderIdentity', spec?.holderIdentity ?? '<unset>', 1)
  w.field('AcquireTime', spec?.acquireTime ? timeText(spec.acquireTime) : '<unset>', 1)
  w.field('RenewTime', spec?.renewTime ? timeText(spec.renewTime) : '<unset>', 1)
}

function conditions(w: Writer, node: Node): void {
  const all = node.status?.conditions ?? []
  if (all.length === 0) return
  w.line(0, 'Conditions:')
  w.line(1, 'Type\tStatus\tLastHeartbeatTime\tLastTransitionTime\tReason\tMessage')
  w.line(1, '----\t------\t-----------------\t------------------\t------\t-------')
  for (const c of all)
    w.line(
      1,
      `${c.type} \t${c.status} \t${timeText(c.lastHeartbeatTime)} \t${timeText(c.lastTransitionTime)} \t${c.reason ?? ''} \t${c.message ?? ''}`,
    )
}

function amounts(w: Writer, title: string, of: Record<string, string | number> | undefined): void {
  const keys = Object.keys(of ?? {}).sort()
  if (keys.length === 0) return
  w.line(0, `${title}:`)
  for (const key of keys) w.field(key, of![key], 1)
}

function systemInfo(w: Writer, node: Node, ctx: Context): void {
  const info = node.status?.nodeInfo
  w.line(0, 'System Info:')
  w.field('Machine ID', info?.machineID, 1)
  w.field('System UUID', info?.systemUUID, 1)
  w.field('Boot ID', info?.bootID, 1)
  w.field('Kernel Version', info?.kernelVersion, 1)
  w.field('OS Image', info?.osImage, 1)
  w.field('Operating System', info?.operatingSystem, 1)
  w.field('Architecture', info?.architecture, 1)
  w.field('Container Runtime Version', info?.containerRuntimeVersion, 1)
  w.field('Kubelet Version', info?.kubeletVersion, 1)
  if (texts.describeKubeProxyVersion(ctx.session.minor)) w.field('Kube-Proxy Version', info?.kubeProxyVersion, 1)
}

function* pods(w: Writer, node: Node, ctx: Context): Run<void> {
  const type = (yield* ctx.session.mapper()).resolve('pods')
  const fieldSelector = `spec.nodeName=${node.metadata.name},status.phase!=Succeeded,status.phase!=Failed`
  const all = (yield* listAll(ctx, type, '', { fieldSelector })) as unknown as Pod[]
  const now = yield* ctx.p.now()
  const room = node.status?.allocatable ?? node.status?.capacity ?? {}
  w.line(0, `Non-terminated Pods:\t(${all.length} in total)`)
  w.line(1, 'Namespace\tName\t\tCPU Requests\tCPU Limits\tMemory Requests\tMemory Limits\tAge')
  w.line(1, '---------\t----\t\t------------\t----------\t---------------\t-------------\t---')
  for (const pod of all) {
    const share = (side: Side, resource: string): string => shareText(sumOf([pod], side, resource), room[resource])
    const cells = [
      share('requests', 'cpu'),
      share('limits', 'cpu'),
      share('requests', 'memory'),
      share('limits', 'memory'),
    ]
    w.line(
      1,
      `${pod.metadata.namespace}\t${pod.metadata.name}\t\t${cells.join('\t')}\t${ageOf(pod as unknown as ApiObject, now)}`,
    )
  }
  allocated(w, all, room)
}

type Side = 'requests' | 'limits'

const ALWAYS = ['cpu', 'memory', 'ephemeral-storage']

function allocated(w: Writer, all: Pod[], room: Record<string, string | number>): void {
  w.line(0, 'Allocated resources:\n  (Total limits may be over 100 percent, i.e., overcommitted.)')
  w.line(1, 'Resource\tRequests\tLimits')
  w.line(1, '--------\t--------\t------')
  const more = Object.keys(room)
    .filter((key) => !ALWAYS.includes(key) && key !== 'pods')
    .sort()
  for (const resource of [
    ...ALWAYS,
    ...more.filter((key) => key.startsWith('hugepages-')),
    ...more.filter((key) => !key.startsWith('hugepages-')),
  ]) {
    const [requests, limits] = [sumOf(all, 'requests', resource), sumOf(all, 'limits', resource)]
    const plain = !ALWAYS.includes(resource) && !resource.startsWith('hugepages-')
    const text = (sum: Quantity): string => (plain ? makeQuantity(sum) : shareText(sum, room[resource]))
    w.line(1, `${resource}\t${text(requests)}\t${text(limits)}`)
  }
}

/** What pods ask for: containers together, or the greatest init container. */
function sumOf(all: Pod[], side: Side, resource: string): Quantity {
  return all.reduce<Quantity>((sum, pod) => addQuantity(sum, podAmount(pod, side, resource)), parseQuantity('0'))
}

function podAmount(pod: Pod, side: Side, resource: string): Quantity {
  const amount = (container: Container): Quantity => parseQuantity(container.resources?.[side]?.[resource] ?? '0')
  const sidecars = (pod.spec?.initContainers ?? []).filter((c) => c.restartPolicy === 'Always')
  const running = [...(pod.spec?.containers ?? []), ...sidecars].reduce(
    (sum, c) => addQuantity(sum, amount(c)),
    parseQuantity('0'),
  )
  const inits = (pod.spec?.initContainers ?? []).filter((c) => c.restartPolicy !== 'Always').map(amount)
  const most = [running, ...inits].reduce((a, b) => (quantityMilliValue(b) > quantityMilliValue(a) ? b : a))
  return addQuantity(most, parseQuantity(pod.spec?.overhead?.[resource] ?? '0'))
}

/** `50m (5%)`, cut to whole percent. */
function shareText(sum: Quantity, room: string | number | undefined): string {
  const whole = room === undefined ? 0 : quantityMilliValue(room)
  const percent = whole === 0 ? 0 : Math.trunc((quantityMilliValue(sum) / whole) * 100)
  return `${makeQuantity(sum)} (${percent}%)`
}
