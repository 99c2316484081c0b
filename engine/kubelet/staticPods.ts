/**
 * Static pods and their mirrors. Models pkg/kubelet/config/file.go, common.go and pod/mirror_client.go (F10).
 */
import type { Pod } from '../objects/types.gen.ts'
import type { Core } from './core.ts'
import { readManifest } from './manifest.ts'
import { hexOf } from './state.ts'
import { MIRROR } from '../objects/meta.ts'

export const MANIFEST_TICK = 'manifest.tick'
export const MIRROR_TAG = 'mirror'
export const MIRROR_GONE_TAG = 'mirror.gone'
/** Something below the manifest directory changed (inotify). Data: FileChangeData. */
export const MANIFEST_CHANGED = 'manifest.changed'
/** The manifest directory is looked for again. */
export const MANIFEST_LOST = 'manifest.lost'

/** Takes in and drops the pods of the manifest directory. */
export interface StaticPodSink {
  take(pod: Pod, hash: string): void
  drop(uid: string): void
}

/** A manifest that is a pod. */
interface Read {
  path: string
  text: string
  minor: number
  hash: string
  pod: Pod
}

interface Known {
  path: string
  hash: string
  uid: string
}

export class StaticPods {
  private known: Record<string, Known> = {}
  /** What was read last of each file: mostly nothing has changed. Derived. */
  private texts = new Map<string, Read>()

  constructor(
    private readonly core: Core,
    private readonly sink: StaticPodSink,
  ) {}

  /**
   * Reads the directory now. Of several manifests of one pod the last by name counts, as in the store of the file
   * source; one that was just written counts until the next full look.
   */
  read(written?: string): void {
    const { files } = this.core.ports
    const directory = this.core.flags.staticPodPath
    if (files === undefined || directory === '') return
    const names = files.list(directory)
    if (names === undefined)
      this.core.log('E', 'file_linux.go:61', 'Unable to read config path', {
        err: 'path does not exist, ignoring',
        path: directory,
      })
    const manifests = new Map<string, Read>()
    for (const name of (names ?? []).filter((one) => !one.startsWith('.')).sort()) {
      const path = `${directory}/${name}`
      const text = files.read(path)
      if (text !== undefined) this.choose(manifests, this.manifest(path, text), written)
    }
    const chosen = [...manifests.values()]
    for (const path of Object.keys(this.known)) if (!chosen.some((one) => one.path === path)) this.forget(path)
    for (const one of chosen) this.take(one)
  }

  /** The directory is not there: it is looked for each second. */
  get isLost(): boolean {
    const { files } = this.core.ports
    const directory = this.core.flags.staticPodPath
    return files !== undefined && directory !== '' && files.list(directory) === undefined
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

  private choose(manifests: Map<string, Read>, read: Read | undefined, written: string | undefined): void {
    if (read === undefined) return
    const key = `${read.pod.metadata.namespace ?? ''}/${read.pod.metadata.name}`
    if (manifests.get(key)?.path === written && written !== undefined) return
    manifests.set(key, read)
  }

  /** What a manifest says; one that cannot be read is told of each time. */
  private manifest(path: string, text: string): Read | undefined {
    const known = this.texts.get(path)
    if (known !== undefined && known.text === text && known.minor === this.core.minor) return known
    const hash = hexOf(`${path}|${text}`, 32)
    const { minor, nodeName } = this.core
    const read = readManifest(text, path, { minor, complete: (pod) => makeStaticPod(pod, hash, nodeName) })
    if ('error' in read) {
      this.texts.delete(path)
      this.core.log('E', 'file.go:188', 'Could not process manifest file', { err: read.error, path })
      return undefined
    }
    const made = { path, text, minor, hash, pod: read.pod }
    this.texts.set(path, made)
    return made
  }

  private take({ path, hash, pod }: Read): void {
    if (this.known[path]?.hash === hash) return
    this.forget(path)
    this.known[path] = { path, hash, uid: hash }
    this.sink.take(pod, hash)
  }

  private forget(path: string): void {
    const known = this.known[path]
    if (known === undefined) return
    delete this.known[path]
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
      name: `${metadata.name ?? ''}-${nodeName}`,
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
      annotations: { ...annotations, [MIRROR]: hash },
      ...(owner.length > 0 && { ownerReferences: owner }),
    },
    spec: pod.spec,
  }
}
