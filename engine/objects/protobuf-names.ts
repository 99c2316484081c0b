/** Which protobuf package holds a group's messages. */

const PACKAGES: Record<string, string> = {
  'apiextensions.k8s.io': 'apiextensions_apiserver.pkg.apis.apiextensions',
  'apiregistration.k8s.io': 'kube_aggregator.pkg.apis.apiregistration',
  'metrics.k8s.io': 'metrics.pkg.apis.metrics',
  'internal.apiserver.k8s.io': 'api.apiserverinternal',
  'flowcontrol.apiserver.k8s.io': 'api.flowcontrol',
  'meta.k8s.io': 'apimachinery.pkg.apis.meta',
}

/** `('apps/v1', 'Deployment')` → `api.apps.v1.Deployment`; `('v1', 'Pod')` → `api.core.v1.Pod`. */
export function coreProtobufName(apiVersion: string, kind: string): string {
  const slash = apiVersion.indexOf('/')
  if (slash < 0) return `api.core.${apiVersion}.${kind}`
  const group = apiVersion.slice(0, slash)
  const version = apiVersion.slice(slash + 1)
  return `${PACKAGES[group] ?? `api.${group.split('.')[0]}`}.${version}.${kind}`
}
