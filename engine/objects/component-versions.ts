/** What runs at which version, as the API shows it: by image tags and by the nodes' own word, as kubeadm reads them (A5). */
import type { VersionedComponent } from '../versions/skew.ts'
import type { Node, Pod } from './types.gen.ts'

/** `registry.k8s.io/kube-apiserver:v1.35.3` → `v1.35.3`; undefined without a tag. */
function tagOf(image: string | undefined): string | undefined {
  return /:([^:/@]+)(?:@.*)?$/.exec(image ?? '')?.[1]
}

/** The component that a pod of kube-system is; undefined: none that the policy speaks of. */
function componentOf({ metadata }: Pod): string | undefined {
  const labels = metadata.labels ?? {}
  if (labels['tier'] === 'control-plane' && labels['component'] !== 'etcd') return labels['component']
  return labels['k8s-app'] === 'kube-proxy' ? 'kube-proxy' : undefined
}

function ofPod(pod: Pod): VersionedComponent[] {
  const component = componentOf(pod)
  const version = tagOf(pod.spec?.containers?.[0]?.image)
  const host = pod.spec?.nodeName
  if (component === undefined || version === undefined || host === undefined) return []
  return [{ component, version, host }]
}

function ofNode({ metadata, status }: Node): VersionedComponent[] {
  const version = status?.nodeInfo?.kubeletVersion
  return version === undefined ? [] : [{ component: 'kubelet', version, host: metadata.name }]
}

/** Components of the control plane, kube-proxies and kubelets: what `skewFindings` judges. */
export function componentVersions(nodes: readonly Node[], pods: readonly Pod[]): VersionedComponent[] {
  const system = pods.filter(({ metadata }) => metadata.namespace === 'kube-system')
  return [...system.flatMap(ofPod), ...nodes.flatMap(ofNode)]
}
