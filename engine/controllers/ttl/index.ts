/**
 * Tells the kubelets, by an annotation of each node, how long they may keep Secrets and ConfigMaps: the more nodes,
 * the longer. Models pkg/controller/ttl/ttl_controller.go.
 */
import type { Node } from '../../objects/types.gen.ts'
import { keyOf } from '../controller.ts'
import type { Context, Controller, Write } from '../controller.ts'

const NODES = 'v1/nodes'
const ANNOTATION = 'node.alpha.kubernetes.io/ttl'

/** Steps by the number of nodes; they overlap, so that a cluster at an edge does not swing. */
const STEPS = [
  { min: 0, max: 100, ttlSeconds: 0 },
  { min: 90, max: 500, ttlSeconds: 15 },
  { min: 450, max: 1_000, ttlSeconds: 30 },
  { min: 900, max: 2_000, ttlSeconds: 60 },
  { min: 1_800, max: Infinity, ttlSeconds: 300 },
]

interface Memory {
  step: number
}

export const ttlController: Controller = {
  name: 'ttl',
  watches: [{ resource: NODES, keys: ({ type, object }) => (type === 'deleted' ? [] : [keyOf(object)]) }],
  reconcile(context, name): Write[] {
    const nodes = context.cache<Node>(NODES)
    const node = nodes.get('', name)
    if (node === undefined) return []
    const ttl = String(ttlSeconds(context, nodes.list().length))
    if (node.metadata.annotations?.[ANNOTATION] === ttl) return []
    const body = { metadata: { annotations: { [ANNOTATION]: ttl } } }
    return [{ verb: 'patch', resource: NODES, name, patchType: 'strategic', body }]
  },
}

function ttlSeconds(context: Context, count: number): number {
  const memory = context.memory<Memory>(() => ({ step: 0 }))
  while (count > (STEPS[memory.step]?.max ?? Infinity)) memory.step++
  while (count < (STEPS[memory.step]?.min ?? 0)) memory.step--
  return STEPS[memory.step]?.ttlSeconds ?? 0
}
