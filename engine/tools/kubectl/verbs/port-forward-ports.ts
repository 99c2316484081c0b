/** The port words of port-forward: names of ports become numbers, `svc/x` ports those of the pod. Models kubectl/pkg/cmd/portforward and kubectl/pkg/util/pod_port.go, service_port.go. */
import type { ApiObject } from '../client.ts'
import { CommandError } from '../errors.ts'
import type { PodLike } from './pods-of.ts'

export interface ForwardedPort {
  /** 0: any free one. */
  local: number
  remote: number
}

interface NamedPort {
  name?: string
  protocol?: string
}
type ContainerPort = NamedPort & { containerPort: number }
type ServicePort = NamedPort & { port: number; targetPort?: number | string }
interface ServiceSpec {
  ports?: ServicePort[]
  clusterIP?: string
}

const NUMBER = /^[+-]?\d+$/

function splitPort(word: string): [local: string, remote: string] {
  const parts = word.split(':')
  return parts.length === 2 ? [parts[0]!, parts[1]!] : [parts[0]!, parts[0]!]
}

/** `8080:http` of a pod or Service in numbers of the pod. Throws for names and ports that are not there. */
export function portWords(words: string[], object: ApiObject, pod: PodLike): string[] {
  return object.kind === 'Service' ? servicePorts(words, object, pod) : podPorts(words, pod)
}

function servicePorts(words: string[], service: ApiObject, pod: PodLike): string[] {
  const spec = (service.spec ?? {}) as ServiceSpec
  refuseUdp(words, spec.ports ?? [], ({ port }) => port)
  return words.map((word) => {
    const [local, remote] = splitPort(word)
    const port = NUMBER.test(remote) ? Number(remote) : servicePortNamed(service, remote)
    const own = !NUMBER.test(remote) && local === remote ? String(port) : local
    return joined(own, String(targetOf(service, pod, port)))
  })
}

function podPorts(words: string[], pod: PodLike): string[] {
  refuseUdp(words, containerPorts(pod), ({ containerPort }) => containerPort)
  return words.map((word) => {
    const [local, remote] = splitPort(word)
    const port = NUMBER.test(remote) ? remote : String(containerPortNamed(pod, remote))
    return local === remote ? port : `${local}:${port}`
  })
}

const joined = (local: string, remote: string): string => (local === remote ? remote : `${local}:${remote}`)

const containerPorts = (pod: PodLike): ContainerPort[] =>
  [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].flatMap(
    ({ ports }) => (ports as ContainerPort[] | undefined) ?? [],
  )

function containerPortNamed(pod: PodLike, name: string): number {
  const found = containerPorts(pod).find((port) => port.name === name)
  if (found === undefined)
    throw new CommandError(`Pod '${pod.metadata?.name ?? ''}' does not have a named port '${name}'`)
  return found.containerPort
}

function servicePortNamed(service: ApiObject, name: string): number {
  const found = ((service.spec ?? {}) as ServiceSpec).ports?.find((port) => port.name === name)
  if (found === undefined)
    throw new CommandError(`Service '${service.metadata?.name ?? ''}' does not have a named port '${name}'`)
  return found.port
}

function targetOf(service: ApiObject, pod: PodLike, port: number): number {
  const { ports = [], clusterIP } = (service.spec ?? {}) as ServiceSpec
  const found = ports.find((one) => one.port === port)
  if (found === undefined)
    throw new CommandError(`Service ${service.metadata?.name ?? ''} does not have a service port ${port}`)
  if (clusterIP === 'None') return port
  const target = found.targetPort ?? 0
  if (typeof target === 'string') return containerPortNamed(pod, target)
  return target === 0 ? found.port : target
}

/** A port number that exists for UDP only cannot be forwarded. */
function refuseUdp<P extends NamedPort>(words: string[], ports: P[], numberOf: (port: P) => number): void {
  for (const word of words) {
    const remote = splitPort(word)[1]
    const same = ports.filter((port) => port.name === remote || String(numberOf(port)) === remote)
    if (
      same.some(({ protocol = 'TCP' }) => protocol === 'UDP') &&
      !same.some(({ protocol = 'TCP' }) => protocol === 'TCP')
    )
      throw new CommandError(`UDP protocol is not supported for ${remote}`)
  }
}

/** Models client-go's parsePorts. */
export function forwardedPorts(words: string[]): ForwardedPort[] {
  return words.map((word) => {
    const parts = word.split(':')
    if (parts.length > 2) throw new CommandError(`invalid port format '${word}'`)
    const [first = '', second] = parts
    const local = numberIn(second === undefined ? first : first || '0', 'local')
    const remote = numberIn(second ?? first, 'remote')
    if (remote === 0) throw new CommandError('remote port must be > 0')
    return { local, remote }
  })
}

function numberIn(text: string, which: 'local' | 'remote'): number {
  const fail = (why: string): CommandError =>
    new CommandError(
      `error parsing ${which} port '${text}': strconv.ParseUint: parsing ${JSON.stringify(text)}: ${why}`,
    )
  if (!/^\d+$/.test(text)) throw fail('invalid syntax')
  if (Number(text) > 65_535) throw fail('value out of range')
  return Number(text)
}
