/** How checks and findings name objects: `Deployment web`, `Service api in shop`. */
import type { ObjectQuery } from '../../view.ts'
import type { OneObject } from '../format/common.ts'
import type { Mention } from './check.ts'

export function nameObject(of: { kind: string; name?: string; namespace?: string }): string {
  const place = of.namespace === undefined || of.namespace === 'default' ? '' : ` in ${of.namespace}`
  return `${of.kind}${of.name === undefined ? 's' : ` ${of.name}`}${place}`
}

const CLUSTER_SCOPED =
  /^(nodes?|no|namespaces?|ns|persistentvolumes?|pv|storageclass(es)?|sc|priorityclass(es)?|pc|clusterroles?|clusterrolebindings?|csidrivers?|ingressclass(es)?|customresourcedefinitions?|crds?|certificatesigningrequests?|csr|runtimeclass(es)?|volumeattachments?)(\.|$)/i

/** The query of one object: its namespace is `default` unless it has none by nature. */
export function queryOf(of: OneObject): ObjectQuery & { name: string } {
  const { kind, name } = of
  return CLUSTER_SCOPED.test(kind) ? { kind, name } : { kind, name, namespace: of.namespace ?? 'default' }
}

export function mentionsOf(of: { kind: string; name?: string; namespace?: string }): Mention[] {
  const mentions: Mention[] = [{ what: 'kind', text: of.kind }]
  if (of.name !== undefined) mentions.push({ what: 'name', text: of.name })
  if (of.namespace !== undefined && of.namespace !== 'default') mentions.push({ what: 'namespace', text: of.namespace })
  return mentions
}
