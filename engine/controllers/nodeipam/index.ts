/** Gives each node its range of pod addresses. Models pkg/controller/nodeipam range allocator (--allocate-node-cidrs). */
import type { Node } from '../../objects/types.gen.ts'
import type { Context, Controller, Write } from '../controller.ts'

const NODES = 'v1/nodes'

export interface NodeIpamOptions {
  /** --cluster-cidr, a /16: its first two numbers, such as `10.244`. */
  prefix: string
}

export function nodeIpamController({ prefix }: NodeIpamOptions): Controller {
  return {
    name: 'node-ipam-controller',
    watches: [
      {
        resource: NODES,
        keys: ({ type, object }) =>
          type !== 'deleted' && (object as Node).spec?.podCIDR === undefined ? [object.metadata.name] : [],
      },
    ],
    reconcile: (context, name) => allocate(context, name, prefix),
  }
}

function allocate(context: Context, name: string, prefix: string): Write[] {
  const nodes = context.cache<Node>(NODES)
  const node = nodes.get('', name)
  if (node === undefined || node.spec?.podCIDR !== undefined) return []
  const used = new Set(nodes.list().flatMap(({ spec }) => spec?.podCIDR ?? []))
  const planned = context.memory<Record<string, string>>(() => ({}))
  const taken = new Set([
    ...used,
    ...Object.entries(planned)
      .filter(([owner]) => nodes.get('', owner) !== undefined && owner !== name)
      .map(([, cidr]) => cidr),
  ])
  const cidr = planned[name] ?? firstFree(prefix, taken)
  planned[name] = cidr
  return [
    { verb: 'patch', resource: NODES, name, patchType: 'merge', body: { spec: { podCIDR: cidr, podCIDRs: [cidr] } } },
  ]
}

function firstFree(prefix: string, taken: ReadonlySet<string>): string {
  for (let i = 0; i < 256; i++) if (!taken.has(`${prefix}.${i}.0/24`)) return `${prefix}.${i}.0/24`
  throw new Error('nodeipam: no range of pod addresses is left')
}
