/**
 * What is different where the kubelet of an old release speaks to Docker by itself: names of images, texts of failures,
 * the drivers that must agree. Models pkg/kubelet/dockershim of 1.12 to 1.23. Not modelled: a Docker that is older than
 * the kubelet takes; its own networking (`--network-plugin=kubenet` or none).
 */
import { NO_DAEMON } from '../versions/docker.ts'
import type { LogFacts } from './klog.ts'
import type { ImageReference } from './images/reference.ts'

/** `nginx` of `docker.io/library/nginx`, as Docker says it. */
export const familiarName = (repository: string): string => repository.replace(/^docker\.io\/(library\/)?/, '')

/** `nginx:1.27`, or `nginx@sha256:…`. */
export const familiar = ({ repository, tag, digest }: ImageReference): string =>
  digest === undefined ? `${familiarName(repository)}:${tag}` : `${familiarName(repository)}@${digest}`

/** `docker-pullable://nginx@sha256:…` of `docker.io/library/nginx@sha256:…`. */
export const pullable = (imageID: string): string =>
  imageID === '' ? '' : `docker-pullable://${familiarName(imageID)}`

const DAEMON = 'rpc error: code = Unknown desc = Error response from daemon: '

/** What the daemon says of an image that it cannot have; `isThere`: the repository is, the tag is not. */
export function pullFailure(reference: ImageReference, isThere: boolean, containerd: string): string {
  const name = familiarName(reference.repository)
  const unknownHost = /lookup (\S+): no such host/.exec(containerd)?.[1]
  if (unknownHost !== undefined)
    return `${DAEMON}Get "https://${reference.registry}/v2/": dial tcp: lookup ${unknownHost}: no such host`
  if (isThere) return `${DAEMON}manifest for ${familiar(reference)} not found: manifest unknown: manifest unknown`
  return `${DAEMON}pull access denied for ${name}, repository does not exist or may require 'docker login': denied: requested access to the resource is denied`
}

/** Before why a container's program could not be started. */
export const startError = (name: string): string =>
  `failed to start container ${JSON.stringify(name)}: Error response from daemon: OCI runtime create failed: container_linux.go:380: starting container process caused: `

export const networkNotReady = (minor: number): string =>
  `${minor >= 21 ? 'container ' : ''}runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:docker: network plugin is not ready: cni config uninitialized`

const rpc = (text: string): string => `rpc error: code = Unknown desc = ${text}`
const VERSION_FAILED = rpc(`failed to get docker version: ${NO_DAEMON}`)

/** What fails when nobody answers at Docker's socket. */
export const GONE_LINES: readonly (readonly [where: string, message: string, facts: LogFacts])[] = [
  ['remote_runtime.go:86', 'Version from runtime service failed', { err: VERSION_FAILED }],
  ['kubelet.go:2337', 'Container runtime sanity check failed', { err: VERSION_FAILED }],
  ['remote_runtime.go:356', 'ListPodSandbox with filter from runtime service failed', { err: rpc(NO_DAEMON), filter: 'nil' }], // prettier-ignore
  ['kuberuntime_sandbox.go:292', 'Failed to list pod sandboxes', { err: rpc(NO_DAEMON) }],
  ['generic.go:205', 'GenericPLEG: Unable to retrieve pods', { err: rpc(NO_DAEMON) }],
]

/** The driver of daemon.json; Docker's own choice of those years is cgroupfs. */
export function dockerCgroupDriver(daemonJson: string | undefined): string {
  return /native\.cgroupdriver=(\w+)/.exec(daemonJson ?? '')?.[1] ?? 'cgroupfs'
}

/** Why a kubelet that starts cannot work with Docker; undefined: it can. */
export function dockerProblem(up: boolean, driver: string, daemonJson: string | undefined): string | undefined {
  if (!up) return `failed to get docker version: ${NO_DAEMON}`
  const docker = dockerCgroupDriver(daemonJson)
  if (driver === docker) return undefined
  return `misconfiguration: kubelet cgroup driver: ${JSON.stringify(driver)} is different from docker cgroup driver: ${JSON.stringify(docker)}`
}

/** Containers live on without their daemon. */
export function livesOn(daemonJson: string | undefined): boolean {
  return /"live-restore"\s*:\s*true/.test(daemonJson ?? '')
}
