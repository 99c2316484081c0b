/** What is unwise in an object that is written. Models the strategies' WarningsOnCreate and WarningsOnUpdate: externalIPs of Services. */
import type { KindEntry } from '../objects/kinds.ts'
import type { KubeObject } from './client.ts'
import type { Core } from './core.ts'

const EXTERNAL_IPS_SINCE = 36

export function objectWarnings(core: Core, entry: KindEntry, object: KubeObject): string[] {
  if (entry.group !== '' || entry.resource !== 'services' || core.minor < EXTERNAL_IPS_SINCE) return []
  const { externalIPs = [] } = (object as KubeObject & { spec?: { externalIPs?: string[] } }).spec ?? {}
  return externalIPs.length === 0
    ? []
    : ['spec.externalIPs is deprecated and may no longer be implemented in some clusters']
}
