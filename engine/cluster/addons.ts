/** The objects that `kubeadm init` leaves in a cluster, and what a plan adds to them, as calls (P8). */
import type { Call } from '../api/client.ts'
import { isPermitted } from '../objects/node-labels.ts'
import { serverUrl } from '../tools/kubeadm/artifacts/addresses.ts'
import { kubeletConfiguration } from '../tools/kubeadm/artifacts/kubelet.ts'
import {
  clusterAdmins,
  clusterInfo,
  clusterInfoRules,
  tokenRules,
  tokenRulesOf,
} from '../tools/kubeadm/artifacts/objects/bootstrap.ts'
import { kubeadmConfig, kubeletConfig } from '../tools/kubeadm/artifacts/objects/configuration.ts'
import { coreDns } from '../tools/kubeadm/artifacts/objects/core-dns.ts'
import { kubeProxy } from '../tools/kubeadm/artifacts/objects/kube-proxy.ts'
import type { ClusterObject } from '../tools/kubeadm/artifacts/objects/object.ts'
import type { ClusterConfiguration } from '../tools/kubeadm/config/types.ts'
import { controlPlaneMarks, featuresOf } from '../tools/kubeadm/release.ts'
import { bootstrapSecret } from './bootstrap-objects.ts'
import type { ClusterPki } from './identity.ts'
import { localPathCalls } from './local-path.ts'
import { configurationOf } from './manifests.ts'
import { metricsServerCalls } from './metrics-server.ts'
import type { ClusterPlan, PlannedHost } from './plan.ts'

const create = ({ resource, namespace, body }: ClusterObject): Call => ({
  verb: 'create',
  resource,
  ...(namespace !== undefined && { namespace }),
  body,
})

/** What to create, in order. */
export function addonCalls(plan: ClusterPlan, pki: ClusterPki): Call[] {
  const cluster = configurationOf(plan)
  const first = plan.controlPlanes[0] as PlannedHost
  const server = serverUrl(cluster, { address: first.ip, bindPort: 6443 })
  const storage = plan.storage === 'local-path' ? localPathCalls() : []
  const metrics = plan.metricsServer ? metricsServerCalls() : []
  return [
    ...(plan.addons ? [...coreDns(cluster), ...kubeProxy(cluster, server)].map(create) : []),
    ...storage,
    ...metrics,
    ...kubeadmObjects(plan, cluster, server, pki).map(create),
    ...plan.nodes.flatMap((host) => mark(host, plan.minor)),
  ]
}

function kubeadmObjects(
  { minor }: ClusterPlan,
  cluster: ClusterConfiguration,
  server: string,
  pki: ClusterPki,
): ClusterObject[] {
  return [
    ...(featuresOf(minor).superAdmin ? [clusterAdmins()] : []),
    ...kubeadmConfig(cluster, minor),
    ...kubeletConfig(cluster, kubeletConfiguration(cluster), false),
    bootstrapSecret(pki),
    ...tokenRulesOf(minor).flatMap((rule) => tokenRules[rule]()),
    clusterInfo(server, pki.ca.certificate.text()),
    ...clusterInfoRules(),
  ]
}

/** Labels that a kubelet may not give itself. Models cmd/kubeadm/app/phases/markcontrolplane. */
function mark({ name, role, labels = {} }: PlannedHost, minor: number): Call[] {
  const own = role === 'control-plane' ? controlPlaneMarks(featuresOf(minor)).labels : []
  const wanted = {
    ...Object.fromEntries(own.map((label) => [label, ''])),
    ...Object.fromEntries(Object.entries(labels).filter(([label]) => !isPermitted(label))),
  }
  if (Object.keys(wanted).length === 0) return []
  return [{ verb: 'patch', patchType: 'strategic', resource: 'v1/nodes', name, body: { metadata: { labels: wanted } } }]
}
