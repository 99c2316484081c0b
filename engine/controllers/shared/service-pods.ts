/** The pods behind a Service, as endpoint controllers see them (G2). */
import type { Change, KubeObject } from '../../api/client.ts'
import { isPodReady } from '../../objects/meta.ts'
import { matchesLabels, selectorFromLabels } from '../../objects/selectors.ts'
import type { Pod, Service, ServicePort } from '../../objects/types.gen.ts'
import type { Context } from '../controller.ts'
import { md5 } from '../../pki/index.ts'

export const SERVICES = 'v1/services'
export const PODS = 'v1/pods'

/** Index of pods by namespace and each of their labels, so that a Service finds its pods quickly. */
export const BY_LABEL = 'label'
export function byLabel(object: KubeObject): string[] {
  const { namespace, labels } = object.metadata
  return Object.entries(labels ?? {}).map(([key, value]) => `${namespace}/${key}=${value}`)
}

/** Keys of the Services whose selector matches a changed pod, before or after the change. */
export function servicesOfPod(change: Change, context: Context): string[] {
  if (change.type === 'modified' && sameForServices(change.old as Pod, change.object as Pod)) return []
  const namespace = change.object.metadata.namespace ?? ''
  const labels = [change.object.metadata.labels, change.old?.metadata.labels]
  const selects = (service: Service): boolean =>
    labels.some(
      (one) =>
        one !== undefined && selectsPods(service) && matchesLabels(selectorFromLabels(service.spec?.selector), one),
    )
  return context
    .cache<Service>(SERVICES)
    .list(namespace)
    .filter(selects)
    .map((service) => `${namespace}/${service.metadata.name}`)
}

function sameForServices(a: Pod, b: Pod): boolean {
  return (
    a.metadata.labels === b.metadata.labels &&
    a.metadata.deletionTimestamp === b.metadata.deletionTimestamp &&
    a.spec?.nodeName === b.spec?.nodeName &&
    a.status?.podIP === b.status?.podIP &&
    a.status?.phase === b.status?.phase &&
    isPodReady(a) === isPodReady(b)
  )
}

export function selectsPods(service: Service): boolean {
  return service.spec?.selector !== undefined && service.spec.type !== 'ExternalName'
}

export interface Backend {
  pod: Pod
  ip: string
  serving: boolean
  terminating: boolean
  ready: boolean
}

/** Pods with an address that are not over, in order of arrival. */
export function backendsOf(context: Context, service: Service): Backend[] {
  const labels = service.spec?.selector ?? {}
  const selector = selectorFromLabels(labels)
  return candidates(context, service.metadata.namespace ?? '', labels)
    .filter((pod) => matchesLabels(selector, pod.metadata.labels) && hasAddress(pod))
    .map((pod) => makeBackend(pod, service.spec?.publishNotReadyAddresses === true))
}

function candidates(context: Context, namespace: string, labels: Record<string, string>): Pod[] {
  const [first] = Object.entries(labels)
  const cache = context.cache<Pod>(PODS)
  return first === undefined ? cache.list(namespace) : cache.by(BY_LABEL, `${namespace}/${first[0]}=${first[1]}`)
}

function hasAddress(pod: Pod): boolean {
  const phase = pod.status?.phase
  return (pod.status?.podIP ?? '') !== '' && phase !== 'Failed' && phase !== 'Succeeded'
}

function makeBackend(pod: Pod, publishNotReady: boolean): Backend {
  const serving = isPodReady(pod)
  const terminating = pod.metadata.deletionTimestamp !== undefined
  return { pod, ip: pod.status?.podIP ?? '', serving, terminating, ready: publishNotReady || (serving && !terminating) }
}

/** The pod's TCP port that a Service port means; undefined when a named port is not there. */
export function targetPortOf(port: ServicePort, pod: Pod): number | undefined {
  const target = port.targetPort ?? port.port
  if (typeof target === 'number') return target
  const containers = [
    ...(pod.spec?.containers ?? []),
    ...(pod.spec?.initContainers ?? []).filter((one) => one.restartPolicy === 'Always'),
  ]
  const protocol = port.protocol ?? 'TCP'
  for (const { ports } of containers) {
    const found = ports?.find((one) => one.name === target && (one.protocol ?? 'TCP') === protocol)
    if (found !== undefined) return found.containerPort
  }
  return undefined
}

export interface ResolvedPort {
  name: string
  port: number
  protocol: string
  appProtocol?: string
}

/** The ports of one pod behind the Service, in the Service's order. */
export function portsOf(service: Service, pod: Pod): ResolvedPort[] {
  return (service.spec?.ports ?? []).flatMap((port) => {
    const target = targetPortOf(port, pod)
    if (target === undefined) return []
    return [
      {
        name: port.name ?? '',
        port: target,
        protocol: port.protocol ?? 'TCP',
        ...(port.appProtocol !== undefined && { appProtocol: port.appProtocol }),
      },
    ]
  })
}

/** The last release whose ports are known to lie in the order of these hashes. */
const LAST_HASHED = 33

const hashOf = (text: string): string =>
  [...md5(new TextEncoder().encode(text))].map((byte) => byte.toString(16).padStart(2, '0')).join('')

/** Ports in the order of the hashes of their Go values, as upstream's port maps leave them. Models portsInOrder and portsByHash. */
export function inHashOrder(ports: ResolvedPort[], kind: 'Endpoints' | 'EndpointSlice', minor: number): ResolvedPort[] {
  if (minor > LAST_HASHED) return ports
  const textOf = ({ name, port, protocol, appProtocol }: ResolvedPort): string => {
    const rest = `AppProtocol:(*string)${appProtocol ?? '<nil>'}`
    return kind === 'Endpoints'
      ? `(v1.EndpointPort){Name:(string)${name} Port:(int32)${port} Protocol:(v1.Protocol)${protocol} ${rest}}`
      : `(v1.EndpointPort){Name:(*string)${name} Protocol:(*v1.Protocol)${protocol} Port:(*int32)${port} ${rest}}`
  }
  return ports
    .map((port) => ({ port, hash: hashOf(textOf(port)) }))
    .sort((a, b) => (a.hash < b.hash ? -1 : 1))
    .map(({ port }) => port)
}

export function isHeadless(service: Service): boolean {
  return service.spec?.clusterIP === 'None'
}

/** When the change behind an endpoint write happened, for the annotation that measures latency. */
export function triggerTime(service: Service, backends: Backend[]): string {
  const times = backends.map(
    ({ pod }) => pod.status?.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime ?? '',
  )
  return [service.metadata.creationTimestamp ?? '', ...times].sort().pop() ?? ''
}
