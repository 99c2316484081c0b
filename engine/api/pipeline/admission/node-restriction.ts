/** A kubelet may change its own node, its pods' status and little else. Models plugin/pkg/admission/noderestriction. Not modelled: ResourceSlices, dynamic kubelet configuration. */
import { deepEqual } from '../../../objects/equal.ts'
import { isPermitted } from '../../../objects/node-labels.ts'
import type { Node, PersistentVolumeClaim, Pod } from '../../../objects/types.gen.ts'
import type { KubeObject } from '../../client.ts'
import type { Core } from '../../core.ts'
import { forbidden, notFound } from '../../status.ts'
import { directoryOf } from '../../storage/keys.ts'
import { nodeOf } from '../authorization/node.ts'
import { deny, pass, resourceOf } from './plugin.ts'
import type { Admission, Attributes, Plugin } from './plugin.ts'
import { isMirror, MIRROR } from '../../../objects/meta.ts'

const LEASES = 'kube-node-lease'

type Rule = (core: Core, node: string, attrs: Attributes) => string | Admission | undefined

export const nodeRestriction: Plugin = {
  name: 'NodeRestriction',
  operations: ['CREATE', 'UPDATE', 'DELETE'],
  admit(core, flight, attrs) {
    const node = nodeOf(flight.user)
    if (node === undefined) return pass(attrs)
    if (node === '') return deny(attrs, `could not determine node from user ${JSON.stringify(flight.user.name)}`)
    const rule = RULES[resourceOf(attrs)] ?? RULES[resourceOf({ ...attrs, subresource: '*' })]
    const problem = rule?.(core, node, attrs)
    if (problem === undefined) return pass(attrs)
    return typeof problem === 'string' ? refused(attrs, problem) : problem
  },
}

/** What is deleted has a name too. */
const refused = (attrs: Attributes, why: string): Admission =>
  attrs.object === undefined ? { refuse: forbidden(attrs.entry, attrs.name, why) } : deny(attrs, why)

const RULES: Record<string, Rule> = {
  pods: (core, node, attrs) => {
    if (attrs.operation === 'CREATE') return podCreate(core, node, attrs.object as Pod)
    if (attrs.operation !== 'DELETE')
      return `unexpected operation "${attrs.operation}", node "${node}" can only create and delete mirror pods`
    return (attrs.oldObject as Pod).spec?.nodeName === node
      ? undefined
      : `node "${node}" can only delete pods with spec.nodeName set to itself`
  },
  'pods/status': (_core, node, { oldObject, object }) => {
    const [pod, old] = [object as Pod, oldObject as Pod]
    if (old.spec?.nodeName !== node)
      return `node "${node}" can only update pod status for pods with spec.nodeName set to itself`
    if (!deepEqual(old.metadata.labels ?? {}, pod.metadata.labels ?? {}))
      return `node "${node}" cannot update labels through pod status`
    return deepEqual(old.status?.resourceClaimStatuses ?? [], pod.status?.resourceClaimStatuses ?? [])
      ? undefined
      : `node "${node}" cannot update resource claim statues`
  },
  'pods/eviction': (core, node, { namespace, name }) => {
    const pod = podOf(core, namespace, name)
    if (pod === undefined) return { refuse: notFound({ group: '', resource: 'pods' }, name) }
    return pod.spec?.nodeName === node ? undefined : `node ${node} can only evict pods with spec.nodeName set to itself`
  },
  'pods/*': (_core, _node, { subresource }) =>
    `unexpected pod subresource "${subresource}", only 'status' and 'eviction' are allowed`,
  nodes: nodeRule,
  'nodes/status': nodeRule,
  'persistentvolumeclaims/status': claimStatus,
  persistentvolumeclaims: () => 'may only update PVC status',
  'serviceaccounts/token': token,
  'leases.coordination.k8s.io': (_core, node, attrs) => {
    if (attrs.namespace !== LEASES) return `can only access leases in the "${LEASES}" system namespace`
    return ownName(attrs) === node ? undefined : 'can only access node lease with the same name as the requesting node'
  },
  'csinodes.storage.k8s.io': (_core, node, attrs) =>
    ownName(attrs) === node ? undefined : 'can only access CSINode with the same name as the requesting node',
}

const ownName = ({ operation, object, name }: Attributes): string =>
  operation === 'CREATE' ? (object?.metadata.name ?? '') : name

const podOf = (core: Core, namespace: string, name: string): Pod | undefined =>
  core.cache.get(`${directoryOf('', 'pods')}${namespace}/${name}`) as Pod | undefined

function podCreate(core: Core, node: string, pod: Pod): string | Admission | undefined {
  const said = `node "${node}"`
  if (!isMirror(pod)) return `pod does not have "${MIRROR}" annotation, ${said} can only create mirror pods`
  if (pod.spec?.nodeName !== node) return `${said} can only create pods with spec.nodeName set to itself`
  return ownerProblem(core, node, pod) ?? referenceProblem(said, pod)
}

function ownerProblem(core: Core, node: string, { metadata }: Pod): string | Admission | undefined {
  const said = `node "${node}" can only create pods with`
  const [owner, ...others] = metadata.ownerReferences ?? []
  if (others.length > 0) return `${said} a single owner reference set to itself`
  if (owner === undefined || owner.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== node)
    return `${said} an owner reference set to itself`
  if (owner.controller !== true) return `${said} a controller owner reference set to itself`
  if (owner.blockOwnerDeletion === true) return `node "${node}" must not set blockOwnerDeletion on an owner reference`
  const own = core.cache.get(`${directoryOf('', 'nodes')}${node}`)
  if (own === undefined) return { refuse: notFound({ group: '', resource: 'nodes' }, node) }
  if (own.metadata.uid !== owner.uid) return `node ${node} UID mismatch: expected ${owner.uid} got ${own.metadata.uid}`
  return undefined
}

/** A static pod may not read what is in the API. */
function referenceProblem(said: string, { spec }: Pod): string | undefined {
  const refused = (what: string): string => `${said} can not create pods that reference ${what}`
  const volumes = spec?.volumes ?? []
  const sources = volumes.flatMap(({ projected }) => projected?.sources ?? [])
  const containers = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])]
  const env = containers.flatMap((one) => one.env ?? []).map(({ valueFrom }) => valueFrom)
  const envFrom = containers.flatMap((one) => one.envFrom ?? [])
  if ((spec?.serviceAccountName ?? '') !== '') return refused('a service account')
  const hasSecret =
    volumes.some(({ secret }) => secret !== undefined) ||
    sources.some(({ secret }) => secret !== undefined) ||
    env.some((one) => one?.secretKeyRef !== undefined) ||
    envFrom.some(({ secretRef }) => secretRef !== undefined) ||
    (spec?.imagePullSecrets ?? []).length > 0
  if (hasSecret) return refused('secrets')
  const hasConfigMap =
    volumes.some(({ configMap }) => configMap !== undefined) ||
    sources.some(({ configMap }) => configMap !== undefined) ||
    env.some((one) => one?.configMapKeyRef !== undefined) ||
    envFrom.some(({ configMapRef }) => configMapRef !== undefined)
  if (hasConfigMap) return refused('configmaps')
  if (sources.some(({ clusterTrustBundle }) => clusterTrustBundle !== undefined)) return refused('clustertrustbundles')
  return volumes.some(({ persistentVolumeClaim }) => persistentVolumeClaim !== undefined)
    ? refused('persistentvolumeclaims')
    : undefined
}

function nodeRule(_core: Core, node: string, attrs: Attributes): string | undefined {
  const { operation, object, oldObject } = attrs
  const name = operation === 'CREATE' ? (object?.metadata.name ?? '') : attrs.name
  if (name !== node) return `node "${node}" is not allowed to modify node "${name}"`
  if (operation === 'DELETE') return undefined
  const changed = changedLabels(object as Node, oldObject as Node | undefined).filter((label) => !isPermitted(label))
  if (operation === 'CREATE')
    return changed.length > 0
      ? `node "${node}" is not allowed to set the following labels: ${changed.join(', ')}`
      : undefined
  if (!deepEqual((object as Node).spec?.taints ?? [], (oldObject as Node).spec?.taints ?? []))
    return `node "${node}" is not allowed to modify taints`
  return changed.length > 0 ? `is not allowed to modify labels: ${changed.join(', ')}` : undefined
}

function changedLabels({ metadata: { labels = {} } }: Node, old: Node | undefined): string[] {
  const before = old?.metadata.labels ?? {}
  const all = [...new Set([...Object.keys(labels), ...Object.keys(before)])]
  return all.filter((key) => labels[key] !== before[key]).sort()
}

/** What of a claim is not the kubelet's to change. */
function restOf(claim: KubeObject): object {
  const { metadata, status, ...rest } = claim as PersistentVolumeClaim & KubeObject
  const { resourceVersion: _, managedFields: __, ...meta } = metadata
  const {
    capacity: ___,
    conditions: ____,
    allocatedResources: _____,
    allocatedResourceStatuses: ______,
    ...kept
  } = status ?? {}
  return { ...rest, metadata: meta, status: kept }
}

function claimStatus(_core: Core, node: string, { operation, object, oldObject }: Attributes): string | undefined {
  if (operation !== 'UPDATE') return `unexpected operation "${operation}"`
  return deepEqual(restOf(object as KubeObject), restOf(oldObject as KubeObject))
    ? undefined
    : `node "${node}" is not allowed to update fields other than status.capacity and status.conditions`
}

interface TokenRequest extends KubeObject {
  spec?: { boundObjectRef?: { apiVersion?: string; kind?: string; name?: string; uid?: string } | null }
}

function token(core: Core, node: string, { namespace, object }: Attributes): string | Admission | undefined {
  const ref = (object as TokenRequest).spec?.boundObjectRef ?? undefined
  if (ref?.apiVersion !== 'v1' || ref.kind !== 'Pod' || (ref.name ?? '') === '')
    return 'node requested token not bound to a pod'
  if ((ref.uid ?? '') === '') return 'node requested token with a pod binding without a uid'
  const pod = podOf(core, namespace, ref.name as string)
  if (pod === undefined) return { refuse: notFound({ group: '', resource: 'pods' }, ref.name as string) }
  if (pod.metadata.uid !== ref.uid)
    return `the UID in the bound object reference (${ref.uid}) does not match the UID in record. The object might have been deleted and then recreated`
  return pod.spec?.nodeName === node ? undefined : 'node requested token bound to a pod scheduled on a different node'
}
