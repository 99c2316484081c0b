/** Gives each node its range of pod addresses. Models pkg/controller/nodeipam range allocator (--allocate-node-cidrs). */
import type { Node } from '../../objects/types.gen.ts'
import type { Context, Controller, Write } from '../controller.ts'

const NODES = 'v1/nodes'

/** They may change between two starts of the process. */
export interface NodeIpamFlags {
  /** --cluster-cidr: `10.244.0.0/16`. Of several the first one of IPv4. */
  clusterCidr: string
  /** --node-cidr-mask-size */
  nodeCidrMaskSize: number
}

export function nodeIpamController(flags: NodeIpamFlags): Controller {
  return {
    name: 'node-ipam-controller',
    watches: [
      {
        resource: NODES,
        keys: ({ type, object }) =>
          type !== 'deleted' && (object as Node).spec?.podCIDR === undefined ? [object.metadata.name] : [],
      },
    ],
    reconcile: (context, name) => allocate(context, name, flags),
  }
}

function allocate(context: Context, name: string, flags: NodeIpamFlags): Write[] {
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
  const cidr = planned[name] ?? firstFree(flags, taken)
  if (cidr === undefined) return exhausted(node, name)
  planned[name] = cidr
  return [
    { verb: 'patch', resource: NODES, name, patchType: 'merge', body: { spec: { podCIDR: cidr, podCIDRs: [cidr] } } },
  ]
}

/** The first range of a node's size that no node has; undefined: all are taken. */
function firstFree({ clusterCidr, nodeCidrMaskSize }: NodeIpamFlags, taken: ReadonlySet<string>): string | undefined {
  const [address = '', bits = '16'] = clusterCidr.split('/')
  const base = address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  const size = 2 ** (32 - nodeCidrMaskSize)
  for (let i = 0; i < 2 ** Math.max(0, nodeCidrMaskSize - Number(bits)); i++) {
    const cidr = `${dotted(base + i * size)}/${nodeCidrMaskSize}`
    if (!taken.has(cidr)) return cidr
  }
  return undefined
}

const dotted = (value: number): string => [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.')

function exhausted(node: Node, name: string): Write[] {
  const message = `Node ${name} status is now: CIDRNotAvailable`
  return [{ verb: 'event', about: node, type: 'Normal', reason: 'CIDRNotAvailable', message, source: 'cidrAllocator' }]
}
