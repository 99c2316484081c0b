/**
 * The container runtime of a host as its programs ask it: crictl, ctr, nerdctl, kubeadm (Q4). Not modelled: making
 * sandboxes and containers without the kubelet; sessions with input (the kubelet's API has them).
 */
import type { HostName } from '../fabric/fabric.ts'
import { ANSWER_EVENT, PENDING, RUNTIME_ADDRESS } from '../host/pending.ts'
import type { SyscallTable } from '../host/syscalls/table.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { familiarName } from '../kubelet/dockershim.ts'
import type { Kubelet } from '../kubelet/kubelet.ts'

export interface CriWorld {
  kernel: Kernel
  kubelet(host: HostName): Kubelet | undefined
}

interface LogQuery {
  id: string
  tail?: number
  sinceMs?: number
  timestamps?: boolean
}

export function criCalls(world: CriWorld): SyscallTable {
  const runtime = (host: HostName): Kubelet | undefined => {
    const kubelet = world.kubelet(host)
    return kubelet?.runtimeUp === true ? kubelet : undefined
  }
  const gone = { error: 'the container runtime does not answer' }
  const changed = (done: boolean | undefined): { done: boolean } => ({ done: done === true })
  return {
    'cri.runtime': (_world, { host }) => (world.kubelet(host)?.dockershim === true ? 'docker' : 'containerd'),
    'cri.list': (_world, { host }) => criList(runtime(host)),
    'cri.logs': (_world, { host }, args) => criLogs(runtime(host), args as unknown as LogQuery),
    'cri.pull': (_world, { host, pid }, args) => {
      const kubelet = runtime(host)
      if (kubelet === undefined) return gone
      const { afterMs, ...answer } = kubelet.criPull(String(args['image']))
      const data = { host, pid, call: 'cri.pull', answer }
      world.kernel.send({ to: RUNTIME_ADDRESS, type: ANSWER_EVENT, data }, afterMs)
      return PENDING
    },
    'cri.exec': (_world, { host, pid }, args) => {
      const kubelet = runtime(host)
      if (kubelet === undefined) return gone
      return kubelet.criExec(String(args['id']), args['argv'] as string[], pid) ? PENDING : { error: 'not running' }
    },
    'cri.stop': (_world, { host }, args) =>
      changed(runtime(host)?.criStop(String(args['id']), Number(args['graceMs'] ?? 0))),
    'cri.remove': (_world, { host }, args) =>
      changed(runtime(host)?.criRemove(String(args['id']), args['keepLogs'] === true)),
    'cri.removeImage': (_world, { host }, args) => changed(runtime(host)?.criRemoveImage(String(args['reference']))),
    'cri.stopPod': (_world, { host }, args) => changed(runtime(host)?.criStopPod(String(args['id']))),
    'cri.removePod': (_world, { host }, args) => ({ removed: world.kubelet(host)?.criRemovePod(String(args['id'])) }),
  }
}

function criList(kubelet: Kubelet | undefined): unknown {
  if (kubelet === undefined) return undefined
  const { containers, sandboxes, images } = kubelet.criList()
  return {
    containers: containers.map(({ podId, pod, namespace, logs: _logs, ...one }) => ({
      ...one,
      sandboxId: podId,
      podName: pod,
      podNamespace: namespace,
    })),
    sandboxes,
    images: images.map(({ repository, tag, id, sizeBytes, digest }) => ({
      id: id.replace(/^sha256:/, ''),
      tags: [`${kubelet.dockershim ? familiarName(repository) : repository}:${tag}`],
      digest,
      sizeBytes,
    })),
  }
}

function criLogs(kubelet: Kubelet | undefined, { id, tail, sinceMs, timestamps }: LogQuery): unknown {
  const container = kubelet?.criList().containers.find((one) => one.id === id)
  if (container === undefined) return { error: 'NotFound' }
  const late = container.logs.filter(({ atMs }) => sinceMs === undefined || atMs >= sinceMs)
  const lines = tail === undefined ? late : tail === 0 ? [] : late.slice(-tail)
  const stamp = (atMs: number): string => `${new Date(atMs).toISOString().replace('Z', '000000Z')} `
  const whole = (text: string): string => (text.endsWith('\n') ? text : `${text}\n`)
  return {
    pieces: lines.map(({ atMs, stream, text }) => ({
      stream,
      text: `${timestamps === true ? stamp(atMs) : ''}${whole(text)}`,
    })),
    lastMs: container.logs.at(-1)?.atMs ?? 0,
  }
}
