/**
 * What expressions of admission may name. Models apiserver admission/plugin/cel/compile.go and mutation/typeresolver.
 * `object` and `params` have any type at admission; the types of `request` and `namespaceObject` are fixed.
 */
import { ANY_TYPE, BOOL, DYN, STRING, TIMESTAMP, INT, listOf, mapType, objectType, parseType } from './types.ts'
import type { CelType } from './types.ts'

const TEXTS = mapType(STRING, STRING)

const groupVersionKind = objectType('kubernetes.GroupVersionKind', { group: STRING, version: STRING, kind: STRING })
const groupVersionResource = objectType('kubernetes.GroupVersionResource', {
  group: STRING,
  version: STRING,
  resource: STRING,
})
const userInfo = objectType('kubernetes.UserInfo', {
  username: STRING,
  uid: STRING,
  groups: listOf(STRING),
  extra: mapType(STRING, listOf(STRING)),
})

/** `request`: the AdmissionRequest without its objects. */
export const REQUEST_TYPE = objectType('kubernetes.AdmissionRequest', {
  kind: groupVersionKind,
  resource: groupVersionResource,
  subResource: STRING,
  requestKind: groupVersionKind,
  requestResource: groupVersionResource,
  requestSubResource: STRING,
  name: STRING,
  namespace: STRING,
  operation: STRING,
  userInfo,
  dryRun: BOOL,
  options: DYN,
})

const metadata = objectType('kubernetes.NamespaceMetadata', {
  name: STRING,
  generateName: STRING,
  namespace: STRING,
  labels: TEXTS,
  annotations: TEXTS,
  UID: STRING,
  creationTimestamp: TIMESTAMP,
  deletionGracePeriodSeconds: INT,
  deletionTimestamp: TIMESTAMP,
  generation: INT,
  resourceVersion: STRING,
})

/** `namespaceObject`: the namespace that the request is in. */
export const NAMESPACE_TYPE = objectType('kubernetes.Namespace', {
  metadata,
  spec: objectType('kubernetes.NamespaceSpec', { finalizers: listOf(STRING) }),
  status: objectType('kubernetes.NamespaceStatus', { phase: STRING }),
})

const METADATA_NAMES = Object.keys(metadata.kind === 'object' ? metadata.fields : {})

type Mapping = Readonly<Record<string, unknown>>

/** A Namespace with the fields that the type has. Models CreateNamespaceObject. */
export function namespaceObject(namespace: unknown): unknown {
  if (typeof namespace !== 'object' || namespace === null) return null
  const {
    metadata: meta = {},
    spec = {},
    status = {},
  } = namespace as { metadata?: Mapping; spec?: Mapping; status?: Mapping }
  const kept = Object.entries({ ...meta, UID: meta['uid'] }).filter(
    ([name, value]) => METADATA_NAMES.includes(name) && value !== undefined,
  )
  return {
    metadata: Object.fromEntries(kept),
    spec: { finalizers: spec['finalizers'] ?? [] },
    status: { phase: status['phase'] ?? '' },
  }
}

/** The types of the names in reach; `variables` grows with each variable of a policy. */
export function admissionTypes(of: {
  params: boolean
  authorizer?: boolean
  variables?: Readonly<Record<string, CelType>>
  /** The type of `object` and `oldObject`, for type checking. */
  object?: CelType
  patch?: boolean
}): Record<string, CelType> {
  return {
    object: of.object ?? DYN,
    oldObject: of.object ?? DYN,
    request: REQUEST_TYPE,
    namespaceObject: NAMESPACE_TYPE,
    ...(of.params && { params: DYN }),
    ...(of.authorizer !== false && { authorizer: parseType('Authorizer') }),
    ...(of.variables && { variables: objectType('kubernetes.variables', of.variables) }),
    ...(of.patch === true && { Object: ANY_TYPE, JSONPatch: ANY_TYPE }),
  }
}
