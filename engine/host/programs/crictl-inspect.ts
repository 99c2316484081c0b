/** What `crictl inspect`, `inspectp`, `inspecti` and `info` print (Q4). Not modelled: the runtime spec; templates beyond paths. */
import type { Proc, Run } from '../process.ts'
import type { CriContainer, CriImage, CriSandbox } from './crictl.ts'
import { valueOf } from './options.ts'
import type { Options } from './options.ts'

type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

const time = (ms: number | undefined): string =>
  ms === undefined ? '0001-01-01T00:00:00Z' : new Date(ms).toISOString().replace('Z', '000000Z')

const podLabels = (name: string, namespace: string, uid: string): { [key: string]: Json } => ({
  'io.kubernetes.pod.name': name,
  'io.kubernetes.pod.namespace': namespace,
  'io.kubernetes.pod.uid': uid,
})

export function inspectedContainer(one: CriContainer): Json {
  const uid = one.podUid ?? ''
  return {
    info: {
      config: { image: { image: one.image }, metadata: { attempt: one.attempt, name: one.name } },
      pid: one.pid ?? 0,
      removing: false,
      runtimeType: 'io.containerd.runc.v2',
      sandboxID: one.sandboxId,
      snapshotter: 'overlayfs',
    },
    status: {
      annotations: {
        'io.kubernetes.container.restartCount': String(one.attempt),
        'io.kubernetes.container.terminationMessagePath': '/dev/termination-log',
        'io.kubernetes.container.terminationMessagePolicy': 'File',
        'io.kubernetes.pod.terminationGracePeriod': '30',
      },
      createdAt: time(one.createdMs),
      exitCode: one.exitCode ?? 0,
      finishedAt: time(one.finishedMs),
      id: one.id,
      image: { annotations: {}, image: one.image, userSpecifiedImage: '' },
      imageId: one.imageId,
      imageRef: one.imageId.startsWith('sha256:') ? one.imageId : `sha256:${one.imageId}`,
      labels: { 'io.kubernetes.container.name': one.name, ...podLabels(one.podName, one.podNamespace, uid) },
      logPath: `/var/log/pods/${one.podNamespace}_${one.podName}_${uid}/${one.name}/${one.attempt}.log`,
      message: '',
      metadata: { attempt: one.attempt, name: one.name },
      mounts: [],
      reason: one.reason ?? '',
      startedAt: time(one.startedMs),
      state: `CONTAINER_${one.state.toUpperCase()}`,
    },
  }
}

export function inspectedSandbox(one: CriSandbox): Json {
  const uid = one.uid ?? ''
  return {
    info: {
      config: { metadata: { attempt: one.attempt, name: one.name, namespace: one.namespace, uid } },
      pid: 0,
      runtimeHandler: '',
      runtimeType: 'io.containerd.runc.v2',
    },
    status: {
      annotations: {},
      createdAt: time(one.createdMs),
      id: one.id,
      labels: podLabels(one.name, one.namespace, uid),
      linux: {
        namespaces: {
          options: {
            ipc: 'POD',
            network: one.ip === undefined || one.ip === '' ? 'NODE' : 'POD',
            pid: 'CONTAINER',
            targetId: '',
          },
        },
      },
      metadata: { attempt: one.attempt, name: one.name, namespace: one.namespace, uid },
      network: { additionalIps: [], ip: one.ip ?? '' },
      runtimeHandler: '',
      state: `SANDBOX_${one.state.toUpperCase()}`,
    },
  }
}

export function inspectedImage({ id, tags, digest, sizeBytes }: CriImage): Json {
  const [tag = ''] = tags
  return {
    status: {
      id: `sha256:${id}`,
      pinned: tag.includes('/pause:'),
      repoDigests: digest === undefined ? [] : [`${tag.slice(0, tag.lastIndexOf(':'))}@${digest}`],
      repoTags: tags,
      size: String(sizeBytes),
      username: '',
    },
  }
}

export function runtimeInfo(): Json {
  const condition = (type: string): Json => ({ message: '', reason: '', status: true, type })
  return {
    config: {
      containerd: { defaultRuntimeName: 'runc', snapshotter: 'overlayfs' },
      cni: { binDir: '/opt/cni/bin', confDir: '/etc/cni/net.d', maxConfNum: 1 },
      containerdEndpoint: '/run/containerd/containerd.sock',
      containerdRootDir: '/var/lib/containerd',
      rootDir: '/var/lib/containerd/io.containerd.grpc.v1.cri',
      stateDir: '/run/containerd/io.containerd.grpc.v1.cri',
    },
    status: { conditions: [condition('RuntimeReady'), condition('NetworkReady')] },
  }
}

export function* showInspected(p: Proc, what: Json, options: Options): Run<number> {
  const format = valueOf(options, 'o')
  const template = valueOf(options, 'template')
  if (format === 'go-template' || template !== undefined) return yield* templated(p, what, template ?? '')
  if (format !== undefined && !['json', 'yaml', 'table'].includes(format)) {
    yield* p.err(`FATA[0000] unsupported output format "${format}" \n`)
    return 1
  }
  yield* p.out(format === 'yaml' ? yaml(what, '') : `${JSON.stringify(what, null, 2)}\n`)
  return 0
}

/** Paths of a template: `{{.status.state}}`, `{{.info.pid}}`. */
function* templated(p: Proc, what: Json, template: string): Run<number> {
  const odd = [...template.matchAll(/\{\{([^}]*)\}\}/g)].find(([, path]) => !/^\s*(\.[\w]+)+\s*$/.test(path ?? ''))
  if (odd !== undefined) {
    yield* p.err(`not simulated: crictl --template '${odd[0]}'\n`)
    return 1
  }
  const text = template.replace(/\{\{\s*([^}\s]*)\s*\}\}/g, (_, path: string) => {
    const found = path.split('.').slice(1).reduce<Json | undefined>(step, what)
    return found === undefined ? '<no value>' : typeof found === 'object' ? JSON.stringify(found) : String(found)
  })
  yield* p.out(`${text}\n`)
  return 0
}

function step(value: Json | undefined, key: string): Json | undefined {
  return value !== null && typeof value === 'object' && !Array.isArray(value) ? value[key] : undefined
}

function yaml(value: Json, indent: string): string {
  if (Array.isArray(value)) return value.map((one) => `${indent}- ${yaml(one, `${indent}  `).trimStart()}`).join('')
  if (value === null || typeof value !== 'object') return `${scalar(value)}\n`
  return Object.entries(value)
    .map(([key, one]) => {
      const isEmpty = one !== null && typeof one === 'object' && Object.keys(one).length === 0
      if (isEmpty) return `${indent}${key}: ${Array.isArray(one) ? '[]' : '{}'}\n`
      if (one === null || typeof one !== 'object') return `${indent}${key}: ${scalar(one)}\n`
      return `${indent}${key}:\n${yaml(one, Array.isArray(one) ? indent : `${indent}  `)}`
    })
    .join('')
}

function scalar(value: string | number | boolean | null): string {
  if (typeof value !== 'string') return String(value)
  return value === '' || /^[\d.]+$|^(true|false|null|yes|no|y|n)$|^\d{4}-\d\d-\d\dT|: |^[*&!%@`]/.test(value)
    ? `"${value}"`
    : value
}
