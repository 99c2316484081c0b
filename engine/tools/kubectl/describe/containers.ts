/** Containers of a pod or a pod template. Models kubectl/pkg/describe describeContainers. */
import type {
  Container,
  ContainerPort,
  ContainerState,
  ContainerStatus,
  EnvVar,
  Probe,
} from '../../../objects/types.gen.ts'
import { timeText, type Writer } from './writer.ts'

export interface ContainerView {
  /** Two spaces in a template, none in a pod. */
  space: string
  statuses: readonly ContainerStatus[]
  /** Values of downward API fields. */
  resolve: (variable: EnvVar, container: Container) => string
  portNames: boolean
}

export function containerLines(w: Writer, label: string, containers: readonly Container[], view: ContainerView): void {
  w.line(0, containers.length === 0 ? `${view.space}${label}: <none>` : `${view.space}${label}:`)
  for (const container of containers) oneContainer(w, container, view)
}

function oneContainer(w: Writer, container: Container, view: ContainerView): void {
  const status = view.statuses.find((s) => s.name === container.name)
  w.line(1, `${view.space ? ' ' : ''}${container.name}:`)
  if (status) w.field('Container ID', status.containerID, 2)
  w.field('Image', container.image, 2)
  if (status) w.field('Image ID', status.imageID, 2)
  ports(w, container.ports ?? [], view.portNames)
  list(w, 'Command', container.command)
  list(w, 'Args', container.args)
  if (status) state(w, status)
  resources(w, container)
  probe(w, 'Liveness', container.livenessProbe)
  probe(w, 'Readiness', container.readinessProbe)
  probe(w, 'Startup', container.startupProbe)
  envFrom(w, container)
  environment(w, container, view)
  mounts(w, container)
}

function ports(w: Writer, all: readonly ContainerPort[], names: boolean): void {
  const text = (port: ContainerPort, number: number): string =>
    `${number}/${port.protocol ?? 'TCP'}${names && port.name ? ` (${port.name})` : ''}`
  const plural = all.length > 1 ? 's' : ''
  w.field(`Port${plural}`, all.map((port) => text(port, port.containerPort)).join(', ') || '<none>', 2)
  w.field(`Host Port${plural}`, all.map((port) => text(port, port.hostPort ?? 0)).join(', ') || '<none>', 2)
}

function list(w: Writer, title: string, items: readonly string[] | undefined): void {
  if (!items?.length) return
  w.line(2, `${title}:`)
  for (const item of items) for (const line of item.split('\n')) w.line(3, line)
}

function state(w: Writer, status: ContainerStatus): void {
  oneState(w, 'State', status.state ?? {})
  if (status.lastState?.terminated) oneState(w, 'Last State', status.lastState)
  w.field('Ready', status.ready ? 'True' : 'False', 2)
  w.field('Restart Count', status.restartCount ?? 0, 2)
}

function oneState(w: Writer, title: string, of: ContainerState): void {
  if (of.running) {
    w.field(title, 'Running', 2)
    w.field('Started', timeText(of.running.startedAt), 3)
  } else if (of.terminated) {
    w.field(title, 'Terminated', 2)
    w.optional('Reason', of.terminated.reason, 3)
    w.optional('Message', of.terminated.message, 3)
    w.field('Exit Code', of.terminated.exitCode, 3)
    if (of.terminated.signal) w.field('Signal', of.terminated.signal, 3)
    w.field('Started', timeText(of.terminated.startedAt), 3)
    w.field('Finished', timeText(of.terminated.finishedAt), 3)
  } else {
    w.field(title, 'Waiting', 2)
    w.optional('Reason', of.waiting?.reason, 3)
  }
}

function resources(w: Writer, container: Container): void {
  for (const [title, amounts] of [
    ['Limits', container.resources?.limits],
    ['Requests', container.resources?.requests],
  ] as const) {
    const keys = Object.keys(amounts ?? {}).sort()
    if (keys.length > 0) w.line(2, `${title}:`)
    for (const key of keys) w.field(key, amounts![key], 3)
  }
}

function probe(w: Writer, title: string, of: Probe | undefined): void {
  if (of) w.field(title, probeText(of), 2)
}

/** `http-get http://:8080/healthz delay=0s timeout=1s period=10s #success=1 #failure=3`. */
export function probeText(of: Probe): string {
  const numbers = `delay=${of.initialDelaySeconds ?? 0}s timeout=${of.timeoutSeconds ?? 1}s period=${of.periodSeconds ?? 10}s #success=${of.successThreshold ?? 1} #failure=${of.failureThreshold ?? 3}`
  return `${handlerText(of)} ${numbers}`
}

function handlerText(of: Probe): string {
  if (of.exec) return `exec [${(of.exec.command ?? []).join(' ')}]`
  if (of.httpGet) {
    const { scheme, host = '', port, path = '' } = of.httpGet
    const slash = path === '' || path.startsWith('/') ? path : `/${path}`
    return `http-get ${(scheme ?? 'HTTP').toLowerCase()}://${host}${port === '' ? '' : `:${port}`}${slash}`
  }
  if (of.tcpSocket) return `tcp-socket ${of.tcpSocket.host ?? ''}:${of.tcpSocket.port}`
  if (of.grpc) return `grpc <pod>:${of.grpc.port} ${of.grpc.service ?? ''}`
  return 'unknown'
}

function envFrom(w: Writer, container: Container): void {
  const sources = container.envFrom ?? []
  if (sources.length === 0) return
  w.line(2, 'Environment Variables from:')
  for (const source of sources) {
    const ref = source.configMapRef ?? source.secretRef
    const kind = source.configMapRef ? 'ConfigMap' : 'Secret'
    const prefix = source.prefix ? ` with prefix '${source.prefix}'` : ''
    w.line(3, `${ref?.name ?? ''}\t${kind}${prefix}\tOptional: ${ref?.optional ?? false}`)
  }
}

function environment(w: Writer, container: Container, view: ContainerView): void {
  const variables = container.env ?? []
  if (variables.length === 0) return w.field('Environment', '<none>', 2)
  w.line(2, 'Environment:')
  for (const variable of variables) oneVariable(w, variable, container, view)
}

function oneVariable(w: Writer, variable: EnvVar, container: Container, view: ContainerView): void {
  const { name, valueFrom } = variable
  if (!valueFrom) {
    ;(variable.value ?? '').split('\n').forEach((line, i) => w.line(3, i === 0 ? `${name}:\t${line}` : `\t${line}`))
    return
  }
  if (valueFrom.fieldRef) {
    const { apiVersion, fieldPath } = valueFrom.fieldRef
    w.line(3, `${name}:\t${view.resolve(variable, container)} (${apiVersion ?? 'v1'}:${fieldPath})`)
  } else if (valueFrom.resourceFieldRef)
    w.line(3, `${name}:\t${view.resolve(variable, container)} (${valueFrom.resourceFieldRef.resource})`)
  else if (valueFrom.secretKeyRef) {
    const { key, name: secret, optional } = valueFrom.secretKeyRef
    w.line(3, `${name}:\t<set to the key '${key}' in secret '${secret}'>\tOptional: ${optional ?? false}`)
  } else if (valueFrom.configMapKeyRef) {
    const { key, name: map, optional } = valueFrom.configMapKeyRef
    w.line(3, `${name}:\t<set to the key '${key}' of config map '${map}'>\tOptional: ${optional ?? false}`)
  }
}

function mounts(w: Writer, container: Container): void {
  const all = [...(container.volumeMounts ?? [])].sort((a, b) => (a.mountPath < b.mountPath ? -1 : 1))
  if (all.length === 0) w.field('Mounts', '<none>', 2)
  else w.line(2, 'Mounts:')
  for (const mount of all) {
    const path = mount.subPath ? `,path="${mount.subPath}"` : ''
    w.line(3, `${mount.mountPath} from ${mount.name} (${mount.readOnly ? 'ro' : 'rw'}${path})`)
  }
  const devices = container.volumeDevices ?? []
  if (devices.length > 0) w.line(2, 'Devices:')
  for (const device of devices) w.line(3, `${device.devicePath} from ${device.name}`)
}
