/**
 * What a kubelet may do: read what its own pods need, and write its own objects. Models
 * plugin/pkg/auth/authorizer/node. In place of upstream's graph the cached objects are asked.
 * Not modelled: ResourceClaims and ResourceSlices by relationship (nodes may not read them).
 */
import type { PersistentVolume, PersistentVolumeClaim, Pod, VolumeAttachment } from '../../../objects/types.gen.ts'
import type { PolicyRule, Volume } from '../../../objects/types.gen.ts'
import facts from '../../bootstrap-rbac.json' with { type: 'json' }
import type { Core } from '../../core.ts'
import type { UserInfo } from '../../flight.ts'
import { directoryOf } from '../../storage/keys.ts'
import { requirementsOf } from './attributes.ts'
import type { Attributes, Opinion } from './attributes.ts'
import { allows } from './rules.ts'

const PREFIX = 'system:node:'
const GROUP = 'system:nodes'
const LEASES = 'kube-node-lease'

/** The release since which nodes see their own Node and pods only (AuthorizeNodeWithSelectors). */
const SELECTORS_SINCE = 32

/** The rules for all that is not divided among nodes. Models bootstrappolicy NodeRules. */
const RULES = (facts.clusterRoles.find(({ name }) => name === 'system:node')?.rules ?? []) as PolicyRule[]

/** The node that a user is; undefined when it is none. Models pkg/auth/nodeidentifier. */
export function nodeOf({ name, groups }: UserInfo): string | undefined {
  return name.startsWith(PREFIX) && groups.includes(GROUP) ? name.slice(PREFIX.length) : undefined
}

const ALLOW: Opinion = { allowed: true, reason: '' }
const no = (reason: string): Opinion => ({ reason })

type Rule = (core: Core, node: string, info: Attributes) => Opinion

const unrelated = (node: string): Opinion => no(`no relationship found between node '${node}' and this object`)

type Relation = (core: Core, node: string, info: Attributes) => boolean

function related(isRelated: Relation): Rule {
  return (core, node, info) => {
    if (info.name === '') return no('No Object name found')
    return isRelated(core, node, info) ? ALLOW : unrelated(node)
  }
}

const READS = new Set<string>(['get', 'list', 'watch'])
const WRITES = new Set<string>(['get', 'create', 'update', 'patch', 'delete'])

/** Secrets and ConfigMaps: single ones, read or watched. */
const readNamespaced =
  (isRelated: Relation): Rule =>
  (core, node, info) => {
    if (!READS.has(info.verb)) return no('can only read resources of this type')
    if (info.subresource !== '') return no('cannot read subresource')
    if (info.namespace === '') return no('can only read namespaced object of this type')
    return related(isRelated)(core, node, info)
  }

const getOnly =
  (isRelated: Relation): Rule =>
  (core, node, info) => {
    if (info.verb !== 'get') return no('can only get individual resources of this type')
    if (info.subresource !== '') return no('cannot get subresource')
    return related(isRelated)(core, node, info)
  }

const claims: Rule = (core, node, info) => {
  if (info.subresource !== 'status') return getOnly(usesClaim)(core, node, info)
  if (info.verb !== 'update' && info.verb !== 'patch') return no('can only get/update/patch this type')
  return related(usesClaim)(core, node, info)
}

/** Since 1.33 a node may also get the ServiceAccounts of its pods, for image pulls. */
const serviceAccounts: Rule = (core, node, info) => {
  if (info.verb === 'get' && info.subresource === '' && core.minor >= 33) return related(usesAccount)(core, node, info)
  if (info.verb !== 'create' || info.name === '') return no('can only create tokens for individual service accounts')
  if (info.subresource !== 'token') return no('can only create token subresource of serviceaccount')
  return usesAccount(core, node, info) ? ALLOW : unrelated(node)
}

const leases: Rule = (_core, node, info) => {
  if (!WRITES.has(info.verb)) return no('can only get, create, update, patch, or delete a node lease')
  if (info.namespace !== LEASES) return no(`can only access leases in the "${LEASES}" system namespace`)
  if (info.verb !== 'create' && info.name !== node)
    return no('can only access node lease with the same name as the requesting node')
  return ALLOW
}

const csiNodes: Rule = (_core, node, info) => {
  if (!WRITES.has(info.verb)) return no('can only get, create, update, patch, or delete a CSINode')
  if (info.subresource !== '') return no('cannot authorize CSINode subresources')
  if (info.verb !== 'create' && info.name !== node)
    return no('can only access CSINode with the same name as the requesting node')
  return ALLOW
}

const nodes: Rule = (core, node, info) => {
  if (core.minor < SELECTORS_SINCE) return byRules(info)
  if (info.subresource === 'status') return info.verb === 'update' || info.verb === 'patch' ? ALLOW : no('')
  if (info.subresource !== '') return no('')
  if (!READS.has(info.verb)) return ['create', 'update', 'patch'].includes(info.verb) ? ALLOW : no('')
  if (info.name === node) return ALLOW
  return info.name === ''
    ? no(`node '${node}' cannot read all nodes, only its own Node object`)
    : no(`node '${node}' cannot read '${info.name}', only its own Node object`)
}

const pods: Rule = (core, node, info) => {
  if (core.minor < SELECTORS_SINCE) return byRules(info)
  if (info.subresource === 'status') return info.verb === 'update' || info.verb === 'patch' ? ALLOW : no('')
  if (info.subresource === 'eviction') return info.verb === 'create' ? ALLOW : no('')
  if (info.subresource !== '') return no('')
  if (info.verb === 'create' || info.verb === 'delete') return ALLOW
  if (info.verb === 'get') return getOnly(runsPod)(core, node, info)
  if (!READS.has(info.verb)) return no('')
  const isOwn = requirementsOf(info.fieldSelector).some(
    ({ field, operator, value }) => field === 'spec.nodeName' && operator === '=' && value === node,
  )
  if (isOwn) return ALLOW
  if (info.name !== '') return related(runsPod)(core, node, info)
  return no('can only list/watch pods with spec.nodeName field selector')
}

const byRules = (info: Attributes): Opinion => (RULES.some((rule) => allows(rule, info)) ? ALLOW : no(''))

const DIVIDED: Record<string, Rule> = {
  '/secrets': readNamespaced(readsSecret),
  '/configmaps': readNamespaced(readsConfigMap),
  '/persistentvolumeclaims': claims,
  '/persistentvolumes': getOnly(usesVolume),
  '/serviceaccounts': serviceAccounts,
  '/nodes': nodes,
  '/pods': pods,
  'resource.k8s.io/resourceclaims': getOnly(() => false),
  'storage.k8s.io/volumeattachments': getOnly(attachesHere),
  'storage.k8s.io/csinodes': csiNodes,
  'coordination.k8s.io/leases': leases,
}

export function nodeAuthorizer(core: Core, info: Attributes, user: UserInfo): Opinion {
  const node = nodeOf(user)
  if (node === undefined) return no('')
  if (node === '') return no(`unknown node for user ${JSON.stringify(user.name)}`)
  const rule = info.isResource ? DIVIDED[`${info.group}/${info.resource}`] : undefined
  return rule === undefined ? byRules(info) : rule(core, node, info)
}

// What belongs to a node: what the pods bound to it name.

function podsOn(core: Core, node: string, namespace: string): Pod[] {
  const directory = directoryOf('', 'pods')
  const all = core.cache.list(directory, namespace === '' ? directory : `${directory}${namespace}/`) as Pod[]
  return all.filter(({ spec }) => spec?.nodeName === node)
}

function runsPod(core: Core, node: string, { namespace, name }: Attributes): boolean {
  const pod = core.cache.get(`${directoryOf('', 'pods')}${namespace}/${name}`) as Pod | undefined
  return pod?.spec?.nodeName === node
}

function usesAccount(core: Core, node: string, { namespace, name }: Attributes): boolean {
  return podsOn(core, node, namespace).some(({ spec }) => spec?.serviceAccountName === name)
}

const containersOf = ({ spec }: Pod) => [
  ...(spec?.containers ?? []),
  ...(spec?.initContainers ?? []),
  ...(spec?.ephemeralContainers ?? []),
]

function namesSecret(pod: Pod, name: string): boolean {
  const { spec } = pod
  return (
    (spec?.imagePullSecrets ?? []).some((one) => one.name === name) ||
    containersOf(pod).some(
      ({ env = [], envFrom = [] }) =>
        env.some(({ valueFrom }) => valueFrom?.secretKeyRef?.name === name) ||
        envFrom.some(({ secretRef }) => secretRef?.name === name),
    ) ||
    (spec?.volumes ?? []).some((volume) => secretsOfVolume(volume).includes(name))
  )
}

/** Secrets that a volume names, its driver's among them. */
function secretsOfVolume(volume: Volume): string[] {
  const { secret, projected, azureFile, cephfs, cinder, flexVolume, iscsi, rbd, scaleIO, storageos, csi } = volume
  const refs = [cephfs, cinder, flexVolume, iscsi, rbd, scaleIO, storageos].map((one) => one?.secretRef?.name)
  const sources = (projected?.sources ?? []).map((source) => source.secret?.name)
  return [secret?.secretName, azureFile?.secretName, csi?.nodePublishSecretRef?.name, ...refs, ...sources].filter(
    (name): name is string => name !== undefined,
  )
}

function readsSecret(core: Core, node: string, { namespace, name }: Attributes): boolean {
  if (podsOn(core, node, namespace).some((pod) => namesSecret(pod, name))) return true
  return volumesOn(core, node).some((volume) => secretsOfPersistent(volume).includes(`${namespace}/${name}`))
}

function secretsOfPersistent({ spec }: PersistentVolume): string[] {
  const { csi, azureFile, cephfs, cinder, flexVolume, iscsi, rbd, scaleIO } = spec ?? {}
  const refs = [
    csi?.nodePublishSecretRef,
    csi?.nodeStageSecretRef,
    csi?.nodeExpandSecretRef,
    azureFile && { name: azureFile.secretName, namespace: azureFile.secretNamespace ?? spec?.claimRef?.namespace },
    ...[cephfs, cinder, flexVolume, iscsi, rbd, scaleIO].map((one) => one?.secretRef),
  ]
  return refs.flatMap((ref) => (ref === undefined ? [] : [`${ref.namespace ?? spec?.claimRef?.namespace}/${ref.name}`]))
}

function readsConfigMap(core: Core, node: string, { namespace, name }: Attributes): boolean {
  return podsOn(core, node, namespace).some(
    (pod) =>
      containersOf(pod).some(
        ({ env = [], envFrom = [] }) =>
          env.some(({ valueFrom }) => valueFrom?.configMapKeyRef?.name === name) ||
          envFrom.some(({ configMapRef }) => configMapRef?.name === name),
      ) ||
      (pod.spec?.volumes ?? []).some(
        ({ configMap, projected }) =>
          configMap?.name === name || (projected?.sources ?? []).some((source) => source.configMap?.name === name),
      ),
  )
}

/** The claims of a pod; those of ephemeral volumes are named after pod and volume. */
const claimsOf = ({ metadata, spec }: Pod): string[] =>
  (spec?.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) =>
    ephemeral !== undefined ? [`${metadata.name}-${name}`] : (persistentVolumeClaim?.claimName ?? []),
  )

function usesClaim(core: Core, node: string, { namespace, name }: Attributes): boolean {
  return podsOn(core, node, namespace).some((pod) => claimsOf(pod).includes(name))
}

function volumesOn(core: Core, node: string): PersistentVolume[] {
  const bound = podsOn(core, node, '').flatMap((pod) =>
    claimsOf(pod).flatMap((claim) => {
      const key = `${directoryOf('', 'persistentvolumeclaims')}${pod.metadata.namespace}/${claim}`
      const volumeName = (core.cache.get(key) as PersistentVolumeClaim | undefined)?.spec?.volumeName
      return volumeName === undefined || volumeName === '' ? [] : [volumeName]
    }),
  )
  return bound.flatMap((name) => {
    const volume = core.cache.get(`${directoryOf('', 'persistentvolumes')}${name}`) as PersistentVolume | undefined
    return volume === undefined ? [] : [volume]
  })
}

function usesVolume(core: Core, node: string, { name }: Attributes): boolean {
  return volumesOn(core, node).some(({ metadata }) => metadata.name === name)
}

function attachesHere(core: Core, node: string, { name }: Attributes): boolean {
  const key = `${directoryOf('storage.k8s.io', 'volumeattachments')}${name}`
  return (core.cache.get(key) as VolumeAttachment | undefined)?.spec?.nodeName === node
}
