/** Every namespace has the cluster's CA in a ConfigMap. Models pkg/controller/certificates/rootcacertpublisher. */
import type { ConfigMap, Namespace } from '../../objects/types.gen.ts'
import type { Controller, Write } from '../controller.ts'

const CONFIG_MAPS = 'v1/configmaps'
const NAMESPACES = 'v1/namespaces'
const NAME = 'kube-root-ca.crt'
const DESCRIPTION = 'kubernetes.io/description'
const TEXT =
  'Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.'

/** `rootCa` gives the PEM text of the cluster's CA. */
export function rootCaCertPublisher(rootCa: () => string): Controller {
  return {
    name: 'root-ca-cert-publisher',
    watches: [
      { resource: NAMESPACES, keys: ({ type, object }) => (type === 'deleted' ? [] : [object.metadata.name]) },
      {
        resource: CONFIG_MAPS,
        keys: ({ object }) => (object.metadata.name === NAME ? [object.metadata.namespace ?? ''] : []),
      },
    ],
    reconcile(context, namespace): Write[] {
      const owner = context.cache<Namespace>(NAMESPACES).get('', namespace)
      if (owner === undefined || owner.status?.phase === 'Terminating') return []
      const present = context.cache<ConfigMap>(CONFIG_MAPS).get(namespace, NAME)
      const data = { 'ca.crt': rootCa() }
      if (present === undefined)
        return [{ verb: 'create', resource: CONFIG_MAPS, namespace, body: makeConfigMap(namespace, data) }]
      if (present.data?.['ca.crt'] === data['ca.crt']) return []
      return [{ verb: 'update', resource: CONFIG_MAPS, namespace, name: NAME, body: { ...present, data } }]
    },
  }
}

function makeConfigMap(namespace: string, data: Record<string, string>): ConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: NAME, namespace, annotations: { [DESCRIPTION]: TEXT } },
    data,
  }
}
