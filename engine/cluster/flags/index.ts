/**
 * A component's command line, read as that component would: settings, or the text and the code with which it ends
 * (O1, O2, O3, O6, O8b, O9). The public face of the folder.
 */
import { readEtcd } from './etcd.ts'
import type { EtcdConfig } from '../../etcd/config.ts'
import type { FlagHost, Refusal } from './host.ts'
import { readApiServer } from './kube-apiserver.ts'
import type { ApiServerSettings } from './kube-apiserver.ts'
import { readManager } from './kube-controller-manager.ts'
import type { ManagerSettings } from './kube-controller-manager.ts'
import { readProxy } from './kube-proxy.ts'
import type { ProxySettings } from './kube-proxy.ts'
import { readScheduler } from './kube-scheduler.ts'
import type { SchedulerSettings } from './kube-scheduler.ts'

export { commandFailed, klogLine, klogValue } from './host.ts'
export type { FlagHost, Refusal } from './host.ts'
export { apiFlagsOf } from './kube-apiserver.ts'
export type { ApiServerSettings } from './kube-apiserver.ts'
export {
  controllerFlagsOf,
  LATE_FAILURE_MS,
  lateFailure,
  lateFailureLog,
  managerStartOf,
  nodeLifecycleFlagsOf,
} from './kube-controller-manager.ts'
export type { LateFailure, ManagerSettings } from './kube-controller-manager.ts'
export { leaseFlagsOf } from './leader-election.ts'
export type { LeaderElectionSettings } from './leader-election.ts'
export type { ProxySettings } from './kube-proxy.ts'
export { servedBy } from '../../api/runtime-config.ts'
export type { SchedulerProfile } from './scheduler-config.ts'
export { schedulerStartOf } from './kube-scheduler.ts'
export type { SchedulerSettings } from './kube-scheduler.ts'
export { readEncryption } from './encryption.ts'

export interface SettingsOf {
  'kube-apiserver': ApiServerSettings
  'kube-controller-manager': ManagerSettings
  'kube-scheduler': SchedulerSettings
  'kube-proxy': ProxySettings
  etcd: EtcdConfig
}

export type FlaggedComponent = keyof SettingsOf

/** What a component starts with; `log` is what it writes to stderr meanwhile. */
export interface Accepted<Settings> {
  settings: Settings
  log: string
  /** Flags that were set and that change nothing here; `log` says so, one line each. */
  withoutEffect: string[]
}

const READERS = {
  'kube-apiserver': readApiServer,
  'kube-controller-manager': readManager,
  'kube-scheduler': readScheduler,
  'kube-proxy': readProxy,
}

/** `1.35.3`, `v1.35.3` → 35. */
const minorOf = (version: string): number => Number(/^v?\d+\.(\d+)/.exec(version)?.[1] ?? NaN)

/**
 * Reads the command line of a component. `argv` begins with the program; `version` is the binary's (`1.35.3`,
 * etcd's `3.5.24`). A refusal holds the whole stderr text, the exit code, and the milliseconds until then.
 */
export function readFlags<C extends FlaggedComponent>(
  component: C,
  argv: readonly string[],
  version: string,
  host: FlagHost,
): Accepted<SettingsOf[C]> | Refusal {
  return read(component, argv, version.replace(/^v/, ''), host) as Accepted<SettingsOf[C]> | Refusal
}

function read(
  component: FlaggedComponent,
  argv: readonly string[],
  version: string,
  host: FlagHost,
): Accepted<SettingsOf[FlaggedComponent]> | Refusal {
  if (component === 'etcd') return readEtcd(argv, version, host)
  const result = READERS[component](argv, version, minorOf(version), host)
  return 'refused' in result ? result : { ...result, withoutEffect: result.settings.withoutEffect }
}
