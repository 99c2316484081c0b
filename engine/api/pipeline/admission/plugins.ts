/**
 * All admission plugins, in upstream's order, which of them are on, and what the flags may say of them.
 * Models pkg/kubeapiserver/options/{plugins,admission}.go and apiserver server/options/admission.go.
 */
import type { Core } from '../../core.ts'
import type { ApiFlags } from '../../flags.ts'
import { certificateApproval, certificateSigning, certificateSubjectRestriction } from './certificates.ts'
import { clusterTrustBundleAttest } from './certificates.ts'
import { defaultStorageClassPlugin } from './default-storage-class.ts'
import { defaultTolerations } from './default-toleration-seconds.ts'
import { limitRanger } from './limit-ranger.ts'
import { mutatingPolicy } from './mutating-policy.ts'
import { namespaceLifecycle } from './namespace-lifecycle.ts'
import { persistentVolumeClaimResize } from './persistent-volume-claim-resize.ts'
import { nodeRestriction } from './node-restriction.ts'
import { alwaysDeny, defaultIngressClass, denyServiceExternalIPs, namespaceExists, ownerReferences } from './others.ts'
import type { Plugin } from './plugin.ts'
import { podSecurity } from './pod-security/index.ts'
import {
  alwaysPullImages,
  extendedResourceToleration,
  podNodeSelector,
  podTopologyLabels,
  runtimeClass,
} from './pods.ts'
import { podPriority } from './priority.ts'
import { resourceQuota } from './resource-quota.ts'
import { serviceAccount } from './service-account.ts'
import { storageObjectInUse, taintNodesByCondition } from './small.ts'
import { validatingPolicy } from './validating-policy.ts'
import { mutatingWebhook, validatingWebhook } from './webhooks.ts'

interface Row {
  name: string
  /** The first minor release in which it is on without being asked for; absent: off. */
  onSince?: number
  /** The first minor release that knows it. */
  since?: number
  /** The first minor release that no longer knows it. */
  removed?: number
  /** Absent: known to upstream, not simulated. */
  plugin?: Plugin
}

const nothing = (name: string): Plugin => ({ name, operations: [] })

/** New plugins stand where upstream has them: webhooks, policies, quota and deny at the end. */
const ROWS: Row[] = [
  { name: 'AlwaysAdmit', plugin: nothing('AlwaysAdmit') },
  { name: 'NamespaceAutoProvision' },
  { name: 'NamespaceLifecycle', onSince: 0, plugin: namespaceLifecycle },
  { name: 'NamespaceExists', plugin: namespaceExists },
  { name: 'SecurityContextDeny', removed: 30 },
  { name: 'LimitPodHardAntiAffinityTopology' },
  { name: 'LimitRanger', onSince: 0, plugin: limitRanger },
  { name: 'ServiceAccount', onSince: 0, plugin: serviceAccount },
  { name: 'NodeRestriction', plugin: nodeRestriction },
  { name: 'TaintNodesByCondition', onSince: 12, plugin: taintNodesByCondition },
  { name: 'AlwaysPullImages', plugin: alwaysPullImages },
  { name: 'ImagePolicyWebhook' },
  { name: 'PodSecurityPolicy', removed: 25 },
  { name: 'PodSecurity', onSince: 23, since: 22, plugin: podSecurity },
  { name: 'PodNodeSelector', plugin: podNodeSelector },
  { name: 'Priority', onSince: 0, plugin: podPriority },
  { name: 'DefaultTolerationSeconds', onSince: 0, plugin: defaultTolerations },
  { name: 'PodTolerationRestriction' },
  { name: 'EventRateLimit' },
  { name: 'ExtendedResourceToleration', plugin: extendedResourceToleration },
  { name: 'PersistentVolumeLabel', removed: 31 },
  { name: 'DefaultStorageClass', onSince: 0, plugin: defaultStorageClassPlugin },
  { name: 'StorageObjectInUseProtection', onSince: 0, plugin: storageObjectInUse },
  { name: 'OwnerReferencesPermissionEnforcement', plugin: ownerReferences },
  { name: 'PersistentVolumeClaimResize', onSince: 0, plugin: persistentVolumeClaimResize },
  { name: 'RuntimeClass', onSince: 16, since: 14, plugin: runtimeClass },
  { name: 'CertificateApproval', onSince: 18, since: 18, plugin: certificateApproval },
  { name: 'CertificateSigning', onSince: 18, since: 18, plugin: certificateSigning },
  { name: 'ClusterTrustBundleAttest', onSince: 27, since: 27, plugin: clusterTrustBundleAttest },
  { name: 'CertificateSubjectRestriction', onSince: 18, since: 18, plugin: certificateSubjectRestriction },
  { name: 'DefaultIngressClass', onSince: 18, since: 18, plugin: defaultIngressClass },
  { name: 'DenyServiceExternalIPs', since: 21, plugin: denyServiceExternalIPs },
  { name: 'PodTopologyLabels', onSince: 35, since: 33, plugin: podTopologyLabels },
  { name: 'MutatingAdmissionPolicy', onSince: 32, since: 32, plugin: mutatingPolicy },
  { name: 'MutatingAdmissionWebhook', onSince: 0, plugin: mutatingWebhook },
  { name: 'ValidatingAdmissionPolicy', onSince: 26, since: 26, plugin: validatingPolicy },
  { name: 'ValidatingAdmissionWebhook', onSince: 0, plugin: validatingWebhook },
  { name: 'ResourceQuota', onSince: 0, plugin: resourceQuota },
  { name: 'AlwaysDeny', plugin: alwaysDeny },
]

const known = (minor: number): Row[] =>
  ROWS.filter(({ since = 0, removed = Infinity }) => since <= minor && minor < removed)

function isOn({ name, onSince }: Row, minor: number, { enablePlugins, disablePlugins }: ApiFlags): boolean {
  if (enablePlugins.includes(name)) return true
  return onSince !== undefined && onSince <= minor && !disablePlugins.includes(name)
}

/** The plugins that run, in order. */
export function enabledPlugins({ minor, flags }: Core): Plugin[] {
  return known(minor)
    .filter((row) => isOn(row, minor, flags))
    .flatMap(({ plugin }) => plugin ?? [])
}

/** Whether a server of such flags would run the plugin. */
export function isEnabled({ minor, flags }: Core, name: string): boolean {
  return known(minor).some((row) => row.name === name && isOn(row, minor, flags))
}

/** Why a server with these flags does not start: unknown names, and what is known but not simulated. */
export function pluginProblems(minor: number, enable: readonly string[], disable: readonly string[]): string[] {
  const rows = new Map(known(minor).map((row) => [row.name, row]))
  const unknown = (flag: string, names: readonly string[]): string[] =>
    names.filter((name) => !rows.has(name)).map((name) => `${flag} plugin ${JSON.stringify(name)} is unknown`)
  const both = enable.filter((name) => disable.includes(name))
  const absent = enable.filter((name) => {
    const row = rows.get(name)
    return row !== undefined && row.plugin === undefined && row.onSince === undefined
  })
  return [
    ...(both.length > 0
      ? [`[${both.join(' ')}] in enable-admission-plugins and disable-admission-plugins overlapped`]
      : []),
    ...unknown('enable-admission-plugins', enable),
    ...unknown('disable-admission-plugins', disable),
    ...absent.map((name) => `not simulated: admission plugin ${name}`),
  ]
}
