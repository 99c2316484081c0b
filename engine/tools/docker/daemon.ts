/**
 * What dockerd knows of a node: the containers that the kubelet's dockershim made, and the images. Models
 * pkg/kubelet/dockershim/naming.go (names and labels). Not modelled: containers that somebody else makes.
 */
import type { Proc, Run } from '../../host/process.ts'
import type { CriContainer, CriImage, CriListAnswer, CriSandbox } from '../../host/programs/crictl/types.ts'

export type State = 'created' | 'running' | 'exited'

export interface DockerContainer {
  id: string
  /** Without the slash: `k8s_etcd_etcd-controlplane_kube-system_…_0`. */
  name: string
  /** As somebody named it: a tag, or `sha256:…`. */
  image: string
  /** `sha256:…` */
  imageId: string
  argv: string[]
  createdMs: number
  startedMs: number
  finishedMs: number
  state: State
  exitCode: number
  oomKilled: boolean
  pid: number
  labels: Record<string, string>
  /** The sandbox that it is in; absent: it is one. */
  sandboxId?: string
  /** Of a sandbox; empty: it is on the network of its host. */
  ip?: string
  logPath: string
  cpuMilli: number
  memoryBytes: number
}

export interface DockerImage {
  /** `sha256:…` */
  id: string
  /** `nginx:1.27` */
  tags: string[]
  /** `nginx@sha256:…` */
  digests: string[]
  sizeBytes: number
  createdMs: number
}

export interface Daemon {
  containers: DockerContainer[]
  images: DockerImage[]
}

export const NOTHING: Daemon = { containers: [], images: [] }

/** What dockerd of this host has; nothing where the kubelet speaks to something else. */
export function* askDaemon(p: Proc): Run<Daemon> {
  if ((yield* p.ask('cri.runtime')) !== 'docker') return NOTHING
  const list = (yield* p.ask('cri.list')) as CriListAnswer | undefined
  if (list === undefined) return NOTHING
  const pause = list.images.find(({ tags }) => tags.some((tag) => tag.includes('/pause:')))
  const all = [
    ...list.containers.map(containerOf),
    ...list.sandboxes.map((one) => sandboxOf(one, list.containers, pause)),
  ]
  return { containers: all.sort((a, b) => b.createdMs - a.createdMs), images: list.images.map(imageOf) }
}

/** `nginx` of `docker.io/library/nginx`. */
export const familiarName = (reference: string): string => reference.replace(/^docker\.io\/(library\/)?/, '')

/** `docker.io/library/nginx:1.27` of `nginx:1.27`. */
export function canonicalName(name: string): string {
  const [first = '', ...rest] = name.split('/')
  if (rest.length === 0) return `docker.io/library/${name}`
  return /[.:]/.test(first) || first === 'localhost' ? name : `docker.io/${name}`
}

const labelsOf = (
  type: 'container' | 'podsandbox',
  pod: { name: string; namespace: string; uid: string },
  container: string,
): Record<string, string> => ({
  'io.kubernetes.container.name': container,
  'io.kubernetes.docker.type': type,
  'io.kubernetes.pod.name': pod.name,
  'io.kubernetes.pod.namespace': pod.namespace,
  'io.kubernetes.pod.uid': pod.uid,
})

const STATES = { Created: 'created', Running: 'running', Exited: 'exited', Unknown: 'exited' } as const

function containerOf(one: CriContainer): DockerContainer {
  const { id, name, podName, podNamespace, podUid = '', attempt, sandboxId, createdMs } = one
  const pod = { name: podName, namespace: podNamespace, uid: podUid }
  const logPath = `/var/log/pods/${podNamespace}_${podName}_${podUid}/${name}/${attempt}.log`
  const imageId = one.imageId.startsWith('sha256:') ? one.imageId : `sha256:${one.imageId}`
  return {
    id,
    name: ['k8s', name, podName, podNamespace, podUid, attempt].join('_'),
    image: imageId,
    imageId,
    argv: one.argv ?? [],
    createdMs,
    startedMs: one.startedMs ?? 0,
    finishedMs: one.finishedMs ?? 0,
    state: STATES[one.state],
    exitCode: one.exitCode ?? 0,
    oomKilled: one.reason === 'OOMKilled',
    pid: one.pid ?? 0,
    labels: {
      'annotation.io.kubernetes.container.restartCount': String(attempt),
      'annotation.io.kubernetes.container.terminationMessagePath': '/dev/termination-log',
      'annotation.io.kubernetes.container.terminationMessagePolicy': 'File',
      'annotation.io.kubernetes.pod.terminationGracePeriod': '30',
      ...labelsOf('container', pod, name),
      'io.kubernetes.container.logpath': logPath,
      'io.kubernetes.sandbox.id': sandboxId,
    },
    sandboxId,
    logPath,
    cpuMilli: one.cpuMilli ?? 0,
    memoryBytes: one.memoryBytes ?? 0,
  }
}

const PAUSE_BYTES = 700 * 1024

function sandboxOf(one: CriSandbox, containers: readonly CriContainer[], pause: CriImage | undefined): DockerContainer {
  const { id, name, namespace, uid = '', attempt, createdMs } = one
  const ends = containers.filter(({ sandboxId }) => sandboxId === id).map(({ finishedMs }) => finishedMs ?? createdMs)
  const runs = one.state === 'Ready'
  return {
    id,
    name: ['k8s', 'POD', name, namespace, uid, attempt].join('_'),
    image: pause?.tags[0] ?? '',
    imageId: `sha256:${pause?.id ?? ''}`,
    argv: ['/pause'],
    createdMs,
    startedMs: createdMs,
    finishedMs: runs ? 0 : Math.max(createdMs, ...ends),
    state: runs ? 'running' : 'exited',
    exitCode: 0,
    oomKilled: false,
    pid: runs ? pausePid(id) : 0,
    labels: { ...one.labels, ...labelsOf('podsandbox', { name, namespace, uid }, 'POD') },
    ip: one.ip ?? '',
    logPath: `/var/lib/docker/containers/${id}/${id}-json.log`,
    cpuMilli: 0,
    memoryBytes: runs ? PAUSE_BYTES : 0,
  }
}

/** As the processes of the host have it. */
const pausePid = (id: string): number => 62_001 + ((parseInt(id.slice(0, 6), 16) * 2) % 60_000)

const DAY_MS = 86_400_000
/** Images were made some time before the year in which they are looked at; nobody knows when. */
const OLDEST_DAYS = 600

function imageOf({ id, tags, digest, sizeBytes }: CriImage): DockerImage {
  const days = 30 + (parseInt(id.slice(0, 4), 16) % OLDEST_DAYS)
  const names = tags.map((tag) => familiarName(tag.slice(0, tag.lastIndexOf(':'))))
  return {
    id: `sha256:${id}`,
    tags: tags.map(familiarName),
    digests: digest === undefined ? [] : names.map((name) => `${name}@${digest}`),
    sizeBytes,
    createdMs: -days * DAY_MS,
  }
}

/** By the beginning of the id, or by the name. */
export function findContainer({ containers }: Daemon, name: string): DockerContainer | undefined {
  const bare = name.replace(/^\//, '')
  return containers.find((one) => one.name === bare) ?? containers.find(({ id }) => bare !== '' && id.startsWith(bare))
}

/** By tag, digest or the beginning of the id. */
export function findImage({ images }: Daemon, name: string): DockerImage | undefined {
  const bare = familiarName(name)
  const tag = /:[^/]*$/.test(bare) ? bare : `${bare}:latest`
  return (
    images.find(({ tags, digests }) => tags.includes(tag) || digests.includes(bare)) ??
    images.find(({ id }) => /^[0-9a-f]{2,}$/.test(bare.replace(/^sha256:/, '')) && id.slice(7).startsWith(bare.replace(/^sha256:/, ''))) // prettier-ignore
  )
}

export const shortId = (id: string): string => id.replace(/^sha256:/, '').slice(0, 12)
