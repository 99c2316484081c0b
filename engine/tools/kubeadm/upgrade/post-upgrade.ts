/** [upgrade] post-upgrade: what only one release does. Models cmd/kubeadm/app/cmd/phases/upgrade/postupgrade.go and phases/upgrade/postupgrade.go (P10). */
import type { Proc, Run } from '../../../host/process.ts'
import type { ApiObject } from '../../kubectl/client.ts'
import { pathOf, TIMEOUT } from '../apply.ts'
import type { Taint } from '../config/types.ts'
import { say } from '../session.ts'
import type { Phase } from '../workflow.ts'
import type { UpgradeData } from './data.ts'
import { splitAdministrators } from './kubeconfig.ts'
import { withoutFlags } from './kubelet-config.ts'
import { listNodes } from './versions.ts'

const MASTER = 'node-role.kubernetes.io/master'
const CONTROL_PLANE = 'node-role.kubernetes.io/control-plane'
const goTaint = (key: string): string => `&Taint{Key:${key},Value:,Effect:NoSchedule,TimeAdded:<nil>,}`

export const postUpgradePhase: Phase<UpgradeData> = {
  name: 'post-upgrade',
  short: 'Run post upgrade tasks',
  *run(p, data) {
    yield* dropFlags(p, data)
  },
}

/** kubeadm-flags.env without what the next kubelet does not know. */
export function* dropFlags(p: Proc, data: UpgradeData): Run<void> {
  const { minor } = data.features
  if (minor === 35) yield* withoutFlags(p, data, ['pod-infra-container-image'], true)
  if (minor === 27) yield* withoutFlags(p, data, ['container-runtime'], false)
}

/** Before the configuration is stored: marks of nodes, and the administrator's file. */
export function* changeMarks(p: Proc, data: UpgradeData): Run<void> {
  const { minor } = data.features
  yield* splitAdministrators(p, data)
  if (data.dryRun) return
  if (minor === 24) yield* toControlPlane(p, data)
  if (minor === 25) yield* withoutMasterTaint(p, data)
}

function* toControlPlane(p: Proc, { client }: UpgradeData): Run<void> {
  const [old, now] = [goTaint(MASTER), goTaint(CONTROL_PLANE)]
  yield* say(p, `[upgrade/postupgrade] Removing the deprecated label ${MASTER}='' from all control plane Nodes. After this step only the label ${CONTROL_PLANE}='' will be present on control plane Nodes.`) // prettier-ignore
  yield* patchAll(client, () => ({ metadata: { labels: { [MASTER]: null } } }))
  yield* say(p, `[upgrade/postupgrade] Adding the new taint ${now} to all control plane Nodes. After this step both taints ${now} and ${old} should be present on control plane Nodes.`) // prettier-ignore
  yield* patchAll(client, (taints) => {
    if (taints.some(({ key }) => key === CONTROL_PLANE) || !taints.some(({ key }) => key === MASTER)) return {}
    return { spec: { taints: [...taints, { key: CONTROL_PLANE, effect: 'NoSchedule' }] } }
  })
}

function* withoutMasterTaint(p: Proc, { client }: UpgradeData): Run<void> {
  yield* say(p, `[upgrade/postupgrade] Removing the old taint ${goTaint(MASTER)} from all control plane Nodes. After this step only the ${goTaint(CONTROL_PLANE)} taint will be present on control plane Nodes.`) // prettier-ignore
  yield* patchAll(client, (taints) => {
    if (!taints.some(({ key }) => key === MASTER)) return {}
    return { spec: { taints: [{ $patch: 'replace' }, ...taints.filter(({ key }) => key !== MASTER)] } }
  })
}

type Node = ApiObject & { spec?: { taints?: Taint[] } }

function* patchAll(client: UpgradeData['client'], change: (taints: Taint[]) => object): Run<void> {
  for (const node of (yield* listNodes(client, `${CONTROL_PLANE}=`)) as Node[]) {
    const patch = change(node.spec?.taints ?? [])
    if (Object.keys(patch).length > 0)
      yield* client.patch(pathOf('v1/nodes', undefined, node.metadata?.name ?? ''), 'strategic', patch, TIMEOUT)
  }
}
