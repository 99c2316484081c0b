/** [mark-control-plane]. Models cmd/kubeadm/app/phases/markcontrolplane (P1, P8). */
import type { Proc, Run } from '../../host/process.ts'
import type { ApiObject, Client } from '../kubectl/client.ts'
import { pathOf, TIMEOUT } from './apply.ts'
import type { NodeRegistration, Taint } from './config/types.ts'
import { controlPlaneMarks } from './release.ts'
import type { Features } from './release.ts'
import { POLL_MS, retried } from './wait.ts'
import { say } from './session.ts'

const ANSWER_MS = 60_000

/** What the taints of a control plane are when nobody says otherwise. */
export function defaultTaints(features: Features): Taint[] {
  return controlPlaneMarks(features).taints.map((key) => ({ key, effect: 'NoSchedule' }))
}

const taintText = ({ key, value, effect }: Taint): string => `${key}${value ? `=${value}` : ''}:${effect}`

/** Labels and taints of the Node, which its kubelet makes in the meantime. */
export function* markControlPlane(p: Proc, client: Client, node: NodeRegistration, features: Features): Run<void> {
  const { labels } = controlPlaneMarks(features)
  const taints = node.taints ?? defaultTaints(features)
  yield* say(
    p,
    `[mark-control-plane] Marking the node ${node.name} as control-plane by adding the labels: [${labels.join(' ')}]`,
  )
  if (taints.length > 0)
    yield* say(
      p,
      `[mark-control-plane] Marking the node ${node.name} as control-plane by adding the taints [${taints.map(taintText).join(' ')}]`,
    )
  yield* patchNode(p, client, node.name, (found) => {
    const spec = (found['spec'] ?? {}) as { taints?: Taint[] }
    const kept = (spec.taints ?? []).filter((one) => !taints.some(({ key, effect }) => key === one.key && effect === one.effect)) // prettier-ignore
    return {
      metadata: { labels: Object.fromEntries(labels.map((label) => [label, ''])) },
      spec: { taints: [...taints, ...kept] },
    }
  })
}

/** Patches a Node once it is there. */
export function* patchNode(
  p: Proc,
  client: Client,
  name: string,
  change: (found: ApiObject) => Record<string, unknown>,
): Run<void> {
  const path = pathOf('v1/nodes', undefined, name)
  yield* retried(p, ANSWER_MS, POLL_MS, function* () {
    const found = yield* client.get(path, TIMEOUT)
    yield* client.patch(path, 'strategic', change(found), TIMEOUT)
  })
}

/** Up to 1.33 the Node says where its container runtime is. */
export function* annotateSocket(p: Proc, client: Client, name: string, socket: string): Run<void> {
  yield* patchNode(p, client, name, () => ({
    metadata: { annotations: { 'kubeadm.alpha.kubernetes.io/cri-socket': socket } },
  }))
}
