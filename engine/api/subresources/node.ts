/** pods/log, exec, attach and portforward: found, checked and handed to the node's kubelet. Models pkg/registry/core/pod/strategy.go LogLocation and streamLocation. */
import type { HttpRequest } from '../../fabric/http.ts'
import type { Container, Pod } from '../../objects/types.gen.ts'
import type { Core, ReadSteps, VerbHandler } from '../core.ts'
import type { Flight } from '../flight.ts'
import type { KubeObject } from '../client.ts'
import { admit, attributesOf, isAdmitted } from '../pipeline/admission/index.ts'
import { badRequest, notFound, unknownError } from '../status.ts'
import type { ApiStatus } from '../status.ts'
import { directoryOf } from '../storage/keys.ts'
import type { NodeProxy } from '../node-proxy.ts'

const PODS = { group: '', resource: 'pods' }
const DEFAULT_CONTAINER = 'kubectl.kubernetes.io/default-container'

const OPTIONS: Record<string, string> = {
  exec: 'PodExecOptions',
  attach: 'PodAttachOptions',
  portforward: 'PodPortForwardOptions',
}

/** Logs are read; the others are connections, which admission may refuse. */
export const nodeStream: VerbHandler = (core, flight) => {
  const kind = OPTIONS[flight.info.subresource]
  if (kind === undefined) return core.readStored(flight, 'nodeStream', podKey(flight))
  const object = { apiVersion: 'v1', kind, ...flight.request.query } as unknown as KubeObject
  const verdict = admit(core, flight, attributesOf(flight, core.entryOf(flight), 'CONNECT', object))
  if ('call' in verdict) return core.callOut(flight, verdict.call)
  if (!isAdmitted(verdict)) return core.refuse(flight, verdict.refuse)
  core.readStored(flight, 'nodeStream', podKey(flight))
}

const podKey = ({ info: { namespace, name } }: Flight): string => `${directoryOf('', 'pods')}${namespace}/${name}`

const PATHS: Record<string, string> = {
  log: 'containerLogs',
  exec: 'exec',
  attach: 'attach',
  portforward: 'portForward',
}

const names = (containers: Container[] | undefined): string[] => (containers ?? []).map(({ name }) => name)

function allNames(pod: Pod): string[] {
  const ephemeral = (pod.spec?.ephemeralContainers ?? []).map(({ name }) => name)
  return [...names(pod.spec?.initContainers), ...names(pod.spec?.containers), ...ephemeral]
}

/** The container that is meant when none is named; or why there is no telling. */
function containerOf(pod: Pod, asked: string, subresource: string): string | ApiStatus {
  const own = names(pod.spec?.containers)
  if (asked !== '') {
    if (allNames(pod).includes(asked)) return asked
    return badRequest(`container ${asked} is not valid for pod ${pod.metadata.name}`)
  }
  const preferred = pod.metadata.annotations?.[DEFAULT_CONTAINER]
  if (own.length === 1) return own[0] as string
  if (subresource !== 'log' && preferred !== undefined && own.includes(preferred)) return preferred
  const inits = names(pod.spec?.initContainers)
  const choose =
    inits.length > 0
      ? `, choose one of: [${own.join(' ')}] or one of the init containers: [${inits.join(' ')}]`
      : `, choose one of: [${own.join(' ')}]`
  return badRequest(`a container name must be specified for pod ${pod.metadata.name}${choose}`)
}

function serve(core: Core, flight: Flight, stored: KubeObject | undefined): void {
  const { namespace, name, subresource } = flight.info
  const pod = stored as Pod | undefined
  if (pod === undefined) return core.refuse(flight, notFound(PODS, name))
  const node = pod.spec?.nodeName ?? ''
  if (subresource === 'portforward') return forward(core, flight, node, `/portForward/${namespace}/${name}`)
  const container = containerOf(pod, flight.request.query.container ?? '', subresource)
  if (typeof container !== 'string') return core.refuse(flight, container)
  if (node === '' && subresource === 'log')
    return core.respond(flight, { code: 200, headers: { 'content-type': 'text/plain' }, body: '' })
  forward(core, flight, node, `/${PATHS[subresource]}/${namespace}/${name}/${container}`)
}

function forward(core: Core, flight: Flight, node: string, path: string): void {
  const { name, subresource } = flight.info
  if (node === '') return core.refuse(flight, badRequest(`pod ${name} does not have a host assigned`))
  const { container: _, ...query } = flight.request.query
  const request: HttpRequest = { ...flight.request, method: subresource === 'log' ? 'GET' : 'POST', path, query }
  const { proxy } = core as Core & { proxy?: NodeProxy }
  if (proxy === undefined) return core.refuse(flight, unknownError('no way to the nodes'))
  proxy.forward(flight, node, request)
}

export const nodeReadSteps: ReadSteps = { nodeStream: serve }
