/** Pods. Models kubectl/pkg/describe PodDescriber (K3). */
import { humanDuration } from '../../../objects/duration.ts'
import { quantityMilliValue, quantityValue } from '../../../objects/quantity.ts'
import type { Container, EnvVar, Pod, ResourceFieldSelector } from '../../../objects/types.gen.ts'
import type { Context } from '../command.ts'
import { texts } from '../texts.ts'
import { containerLines, type ContainerView } from './containers.ts'
import type { Describer } from './describer.ts'
import { spreadLines, tolerationLines } from './pod-template.ts'
import { volumeLines } from './volumes.ts'
import { annotationLines, labelLines, timeText, type Writer } from './writer.ts'
import { MIRROR } from '../../../objects/meta.ts'

export const podDescriber: Describer = {
  // The kubelet's events about a static pod name the uid that its file gives it.
  events: ({ metadata }) => metadata?.annotations?.[MIRROR] ?? metadata?.uid,
  kinds: ['Pod'],
  *lines(w, object, ctx) {
    const pod = object as unknown as Pod
    identity(w, pod)
    state(w, pod, yield* ctx.p.now())
    containers(w, pod, ctx)
    conditions(w, pod)
    volumeLines(w, pod.spec?.volumes, '')
    w.field('QoS Class', pod.status?.qosClass ?? qosClass(pod))
    labelLines(w, 'Node-Selectors', pod.spec?.nodeSelector)
    tolerationLines(w, pod.spec?.tolerations, '')
    spreadLines(w, pod.spec?.topologySpreadConstraints)
  },
}

function identity(w: Writer, pod: Pod): void {
  const { spec, status, metadata } = pod
  w.field('Name', metadata.name)
  w.field('Namespace', metadata.namespace)
  if (spec?.priority !== undefined) w.field('Priority', spec.priority)
  w.optional('Priority Class Name', spec?.priorityClassName)
  w.optional('Runtime Class Name', spec?.runtimeClassName)
  w.optional('Service Account', spec?.serviceAccountName)
  w.field('Node', spec?.nodeName ? `${spec.nodeName}/${status?.hostIP ?? ''}` : '<none>')
  if (status?.startTime) w.field('Start Time', timeText(status.startTime))
  labelLines(w, 'Labels', metadata.labels)
  annotationLines(w, metadata.annotations)
}

function state(w: Writer, pod: Pod, nowMs: number): void {
  const { status, metadata, spec } = pod
  if (metadata.deletionTimestamp) {
    w.field('Status', `Terminating (lasts ${humanDuration(nowMs - Date.parse(metadata.deletionTimestamp))})`)
    w.field('Termination Grace Period', `${metadata.deletionGracePeriodSeconds ?? 0}s`)
  } else w.field('Status', status?.phase)
  w.optional('Reason', status?.reason)
  w.optional('Message', status?.message)
  const seccomp = spec?.securityContext?.seccompProfile
  if (seccomp) w.field('SeccompProfile', seccomp.type)
  if (seccomp?.type === 'Localhost') w.field('LocalhostProfile', seccomp.localhostProfile)
  w.field('IP', status?.podIP)
  const ips = status?.podIPs ?? []
  if (ips.length === 0) w.field('IPs', '<none>')
  else w.line(0, 'IPs:')
  for (const { ip } of ips) w.field('IP', ip, 1)
  const owner = metadata.ownerReferences?.find((ref) => ref.controller)
  if (owner) w.field('Controlled By', `${owner.kind}/${owner.name}`)
  w.optional('NominatedNodeName', status?.nominatedNodeName)
}

function containers(w: Writer, pod: Pod, ctx: Context): void {
  const { spec, status } = pod
  const view = (statuses: ContainerView['statuses'] | undefined): ContainerView => ({
    space: '',
    statuses: statuses ?? [],
    resolve: (variable, container) => resolved(pod, variable, container),
    portNames: texts.describePortNames(ctx.session.minor),
  })
  if (spec?.initContainers?.length)
    containerLines(w, 'Init Containers', spec.initContainers, view(status?.initContainerStatuses))
  containerLines(w, 'Containers', spec?.containers ?? [], view(status?.containerStatuses))
  if (spec?.ephemeralContainers?.length)
    containerLines(
      w,
      'Ephemeral Containers',
      spec.ephemeralContainers as unknown as Container[],
      view(status?.ephemeralContainerStatuses),
    )
}

/** What the client can tell of a downward API value: the pod's name and namespace, and resources. */
function resolved(pod: Pod, variable: EnvVar, container: Container): string {
  const path = variable.valueFrom?.fieldRef?.fieldPath
  if (path === 'metadata.name') return pod.metadata.name ?? ''
  if (path === 'metadata.namespace') return pod.metadata.namespace ?? ''
  const reference = variable.valueFrom?.resourceFieldRef
  return reference ? resourceText(container, reference) : ''
}

/** An amount in its divisor, rounded up: `64Mi` is 67108864. */
function resourceText(container: Container, { resource, divisor }: ResourceFieldSelector): string {
  const [what = '', name = ''] = resource.split(/\.(.*)/)
  const amount = container.resources?.[what as 'limits' | 'requests']?.[name] ?? '0'
  if (/^limits\.(cpu|memory)$/.test(resource) && amount === '0') return 'node allocatable'
  const unit = divisor === undefined || divisor === '0' || divisor === '' ? '1' : divisor
  const inUnits = name === 'cpu' ? quantityMilliValue : quantityValue
  return String(Math.ceil(inUnits(amount) / inUnits(unit)))
}

function conditions(w: Writer, pod: Pod): void {
  const gates = pod.spec?.readinessGates ?? []
  const all = pod.status?.conditions ?? []
  if (gates.length > 0) {
    w.line(0, 'Readiness Gates:')
    w.line(1, 'Type\tStatus')
    for (const gate of gates)
      w.line(1, `${gate.conditionType} \t${all.find((c) => c.type === gate.conditionType)?.status ?? '<none>'} `)
  }
  if (all.length === 0) return
  w.line(0, 'Conditions:')
  w.line(1, 'Type\tStatus')
  for (const condition of all) w.line(1, `${condition.type} \t${condition.status} `)
}

/** The class by the containers' resources, for a pod whose status has none yet. */
function qosClass(pod: Pod): string {
  const all = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])]
  const amounts = all.flatMap((c) => [
    ...Object.keys(c.resources?.limits ?? {}),
    ...Object.keys(c.resources?.requests ?? {}),
  ])
  if (amounts.length === 0) return 'BestEffort'
  const bound = all.every((c) =>
    ['cpu', 'memory'].every((key) => {
      const limit = c.resources?.limits?.[key]
      return limit !== undefined && (c.resources?.requests?.[key] ?? limit) === limit
    }),
  )
  return bound ? 'Guaranteed' : 'Burstable'
}
