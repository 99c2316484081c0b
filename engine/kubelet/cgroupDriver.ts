/**
 * The cgroup drivers of kubelet and runtime, and what comes of their difference (O4). Models pkg/kubelet/cm and runc's
 * systemd driver. Not modelled: containerd from 2.0 on, which tells the kubelet its own; a kubelet of `systemd` above a
 * runtime of `cgroupfs`, which works.
 */
import type { Pod } from '../objects/types.gen.ts'
import { qosOf } from './status.ts'

/** Everything but `systemd` is taken for `cgroupfs`. */
export function driverOf(config: Readonly<Record<string, unknown>> | undefined): 'systemd' | 'cgroupfs' {
  return config?.['cgroupDriver'] === 'systemd' ? 'systemd' : 'cgroupfs'
}

/** Whether containerd's configuration has runc speak to systemd. */
export const runsBySystemd = (toml: string): boolean => /^\s*SystemdCgroup\s*=\s*true/m.test(toml)

/** Why runc does not start a container whose place in the tree is a path, not a slice. */
export function badCgroupsPath(pod: Pod, uid: string, id: string): string {
  const qos = qosOf(pod)
  const place = `/kubepods${qos === 'Guaranteed' ? '' : `/${qos.toLowerCase()}`}/pod${uid}/${id}`
  return `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: expected cgroupsPath to be of format "slice:prefix:name" for systemd cgroups, got "${place}" instead: unknown`
}
