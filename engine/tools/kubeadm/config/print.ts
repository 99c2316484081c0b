/** The configuration as documents of a version of kubeadm.k8s.io. Models the conversion functions of v1beta3 and v1beta4. */
import { makeYaml } from '../../../objects/yaml.ts'
import type { ConfigVersion } from './schema.ts'
import type { Arg, ClusterConfiguration, Fields, InitConfiguration, JoinConfiguration } from './types.ts'

const NEW_IN_V1BETA4 = [
  'proxy',
  'encryptionAlgorithm',
  'certificateValidityPeriod',
  'caCertificateValidityPeriod',
  'timeouts',
  'dryRun',
  'imagePullSerial',
  'extraEnvs',
]

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Up to v1beta3: arguments as a map, and without the fields that v1beta4 brought. */
function older(value: unknown, key = ''): unknown {
  if (key === 'extraArgs' || key === 'kubeletExtraArgs')
    return Object.fromEntries((value as Arg[]).map(({ name, value: text }) => [name, text]))
  if (Array.isArray(value)) return value.map((one) => older(one))
  if (!isFields(value)) return value
  const kept = Object.entries(value).filter(([name]) => !NEW_IN_V1BETA4.includes(name))
  return Object.fromEntries(kept.map(([name, inner]) => [name, older(inner, name)]))
}

function documentOf(kind: string, version: ConfigVersion, fields: object): Fields {
  const converted = (version === 'v1beta4' ? fields : older(fields)) as Fields
  return { ...converted, apiVersion: `kubeadm.k8s.io/${version}`, kind }
}

const versionOf = (version: string): ConfigVersion => (version === 'v1beta1' ? 'v1beta2' : (version as ConfigVersion))

/** As the kubeadm-config ConfigMap holds it (P8). */
export function clusterDocument(cluster: ClusterConfiguration, api: string): Fields {
  const version = versionOf(api)
  const document = documentOf('ClusterConfiguration', version, cluster)
  if (version === 'v1beta4') return document
  const apiServer = document['apiServer'] as Fields
  return {
    ...document,
    apiServer: {
      ...apiServer,
      extraArgs: { 'authorization-mode': 'Node,RBAC', ...(apiServer['extraArgs'] as Fields | undefined) },
      timeoutForControlPlane: apiServer['timeoutForControlPlane'] ?? '4m0s',
    },
    ...(version === 'v1beta2' && { dns: { type: 'CoreDNS', ...(document['dns'] as Fields) } }),
  }
}

export function initDocument(init: InitConfiguration, api: string): Fields {
  const document = documentOf('InitConfiguration', versionOf(api), init)
  return { ...document, nodeRegistration: nodeOf(document['nodeRegistration'] as Fields) }
}

export function joinDocument(join: JoinConfiguration, api: string): Fields {
  const document = documentOf('JoinConfiguration', versionOf(api), join)
  const timeout = versionOf(api) === 'v1beta4' ? {} : { timeout: join.timeouts?.['discovery'] ?? '5m0s' }
  return {
    ...document,
    discovery: { ...join.discovery, ...timeout },
    nodeRegistration: nodeOf(document['nodeRegistration'] as Fields),
  }
}

/** Go writes an absent list of taints as null. */
const nodeOf = (node: Fields): Fields => ({ ...node, taints: node['taints'] ?? null })

export const makeDocuments = (documents: Fields[]): string => documents.map((one) => makeYaml(one)).join('---\n')
