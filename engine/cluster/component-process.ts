/**
 * A process of the control plane as its host sees it: where it runs, which version, which files it finds
 * behind its mounts. Plain data, so that a snapshot can carry it.
 */
import type { HostName } from '../fabric/fabric.ts'
import type { FileNode } from '../host/files.ts'
import type { Host } from '../host/host.ts'
import type { ContainerSpec } from '../kubelet/runtime.ts'

/** A directory or file of the host that a container has mounted. */
export interface HostMount {
  path: string
  hostPath: string
}

export interface ComponentProcess {
  host: HostName
  component: string
  /** The container's id, or the unit's name. */
  id: string
  place: 'container' | 'unit' | 'host'
  /** The process id on the host, of a unit. */
  pid?: number
  /** `1.35.3`, `3.5.24`: of the image's tag or the binary. */
  version: string
  argv: string[]
  /** What the process sees of its host; absent: all of it. */
  mounts?: HostMount[]
}

/** The files of a process, as it sees them. */
export interface ComponentFiles {
  node(path: string): FileNode | undefined
  text(path: string): string | undefined
  kindOf(path: string): 'file' | 'directory' | undefined
  /** Where on the host a path lies; undefined: in the container itself. */
  hostPath(path: string): string | undefined
}

/** `registry.k8s.io/etcd:3.5.24-0` → `3.5.24`. */
export function versionOfImage(image: string): string {
  const tag = /:([^:/@]+)(?:@.*)?$/.exec(image)?.[1] ?? ''
  return /^v?(\d+\.\d+\.\d+)/.exec(tag)?.[1] ?? ''
}

/** What every container on the host's network has of its host. */
const ALWAYS: HostMount[] = ['/etc/hosts', '/etc/resolv.conf', '/etc/hostname'].map((path) => ({
  path,
  hostPath: path,
}))

export function mountsOf(spec: ContainerSpec): HostMount[] {
  const own = spec.mounts.flatMap(({ path, subPath, volume }) =>
    volume.kind === 'hostPath' ? [{ path, hostPath: subPath ? `${volume.path}/${subPath}` : volume.path }] : [],
  )
  return [...ALWAYS, ...own]
}

export function componentFiles(
  host: () => Host | undefined,
  { mounts }: Pick<ComponentProcess, 'mounts'>,
): ComponentFiles {
  const hostPath = (path: string): string | undefined => (mounts === undefined ? path : behind(mounts, path))
  const node = (path: string): FileNode | undefined => {
    const found = hostPath(path)
    return found === undefined ? undefined : host()?.files.node(found)
  }
  return {
    hostPath,
    node,
    text: (path) => {
      const found = hostPath(path)
      return found === undefined ? undefined : host()?.files.text(found)
    },
    kindOf: (path) => {
      const kind = node(path)?.kind
      return kind === 'file' || kind === 'directory' ? kind : undefined
    },
  }
}

/** The deepest mount that holds the path. */
function behind(mounts: HostMount[], path: string): string | undefined {
  const holding = mounts.filter((mount) => path === mount.path || path.startsWith(`${mount.path.replace(/\/$/, '')}/`))
  const deepest = holding.sort((a, b) => b.path.length - a.path.length)[0]
  return deepest && deepest.hostPath + path.slice(deepest.path.replace(/\/$/, '').length)
}
