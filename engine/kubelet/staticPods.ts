/**
 * Static pods and their mirrors. Models pkg/kubelet/config/file.go, common.go and pod/mirror_client.go (F10).
 */
import type { Pod } from '../objects/types.gen.ts'
import type { Core } from './core.ts'
import { hexOf } from './state.ts'

export const MANIFEST_TICK = 'manifest.tick'
export const MIRROR_TAG = 'mirror'

/** Takes in and drops the pods of the manifest directory. */
export interface StaticPodSink {
  take(pod: Pod, hash: string): void
  drop(uid: string): void
}

interface Known {
  path: string
  hash: string
  uid: string
}

export class StaticPods {
  private known: Record<string, Known> = {}
  /** The texts that `known` was made of: mostly nothing has changed. Derived. */
  private texts = new Map<string, string>()

  constructor(
    private readonly core: Core,
    private readonly sink: StaticPodSink,
  ) {}

  /** Reads the directory now, as inotify makes the kubelet do. */
  read(): void {
    const files = this.core.ports.files
    if (files === undefined) return
    const directory = this.core.flags.staticPodPath
    const names = (files.list(directory) ?? []).filter((name) => !name.startsWith('.')).sort()
    const seen = new Set<string>()
    for (const name of names) {
      const path = `${directory}/${name}`
      const text = files.read(path)
      if (text === undefined) continue
      seen.add(path)
      this.readOne(path, text)
    }
    for (const path of Object.keys(this.known)) if (!seen.has(path)) this.forget(path)
  }

  reset(): void {
    this.known = {}
    this.texts.clear()
  }

  dump(): unknown {
    return this.known
  }

  load(state: unknown): void {
    this.known = state as Record<string, Known>
    this.texts.clear()
  }

  private readOne(path: string, text: string): void {
    if (this.texts.get(path) === text) return
    const hash = hexOf(`${path}|${text}`, 32)
    if (this.known[path]?.hash === hash) return void this.texts.set(path, text)
    const parsed = this.core.ports.parseManifest?.(text, path) ?? { error: 'not simulated: no manifest parser' }
    this.forget(path)
    if ('error' in parsed)
      return this.core.log('E', 'file.go:188', 'Could not process manifest file', { err: parsed.error, path })
    const pod = makeStaticPod(parsed.object as Pod, hash, this.core.nodeName)
    this.known[path] = { path, hash, uid: hash }
    this.sink.take(pod, hash)
  }

  private forget(path: string): void {
    const known = this.known[path]
    if (known === undefined) return
    delete this.known[path]
    this.texts.delete(path)
    this.sink.drop(known.uid)
  }
}

/** Models applyDefaults of config/common.go: the name gets the node's, the hash becomes the uid. */
export function makeStaticPod(pod: Pod, hash: string, nodeName: string): Pod {
  const { metadata, spec } = pod
  const containers = spec?.containers ?? []
  return {
    ...pod,
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...metadata,
      name: `${metadata.name}-${nodeName}`,
      namespace: metadata.namespace ?? 'default',
      uid: hash,
      annotations: {
        ...metadata.annotations,
        'kubernetes.io/config.hash': hash,
        'kubernetes.io/config.source': 'file',
      },
    },
    spec: {
      ...spec,
      containers,
      nodeName,
      enableServiceLinks: spec?.enableServiceLinks ?? true,
      restartPolicy: spec?.restartPolicy ?? 'Always',
      terminationGracePeriodSeconds: spec?.terminationGracePeriodSeconds ?? 30,
      tolerations: [...(spec?.tolerations ?? []), { effect: 'NoExecute', operator: 'Exists' }],
    },
  }
}

/** The mirror of a static pod, as it is created in the API. */
export function makeMirror(pod: Pod, hash: string, node: { name: string; uid: string | undefined }): Pod {
  const owner =
    node.uid === undefined ? [] : [{ apiVersion: 'v1', kind: 'Node', name: node.name, uid: node.uid, controller: true }]
  const { name, namespace, labels, annotations, finalizers } = pod.metadata
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      ...(labels !== undefined && { labels }),
      ...(finalizers !== undefined && { finalizers }),
      annotations: { ...annotations, 'kubernetes.io/config.mirror': hash },
      ...(owner.length > 0 && { ownerReferences: owner }),
    },
    spec: pod.spec,
  }
}
