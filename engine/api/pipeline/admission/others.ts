/** Plugins over Ingresses, Services, owners and namespaces, of a few lines each. */
import { deepEqual } from '../../../objects/equal.ts'
import type { Ingress, IngressClass, OwnerReference, Service } from '../../../objects/types.gen.ts'
import type { Core } from '../../core.ts'
import type { Flight, RequestInfo } from '../../flight.ts'
import { directoryOf } from '../../storage/keys.ts'
import { authorize } from '../authorization.ts'
import { findNamespace } from './namespace-lifecycle.ts'
import { notFound } from '../../status.ts'
import { deny, pass } from './plugin.ts'
import type { Attributes, Plugin } from './plugin.ts'
import { isMirror } from '../../../objects/meta.ts'

const DEFAULT_CLASS = 'ingressclass.kubernetes.io/is-default-class'
const LEGACY_CLASS = 'kubernetes.io/ingress.class'

/** A new Ingress without a class gets the default one. Models plugin/pkg/admission/network/defaultingressclass (T2). */
export const defaultIngressClass: Plugin = {
  name: 'DefaultIngressClass',
  operations: ['CREATE'],
  resources: ['ingresses.networking.k8s.io', 'ingresses.extensions'],
  admit(core, _flight, attrs) {
    const ingress = attrs.object as Ingress
    const isChosen =
      ingress.spec?.ingressClassName !== undefined || ingress.metadata.annotations?.[LEGACY_CLASS] !== undefined
    if (isChosen) return pass(attrs)
    const classes = defaultClasses(core)
    // Several defaults are an error before 1.27, the newest wins since.
    if (classes.length > 1 && core.minor < 27)
      return deny(attrs, `${classes.length} default IngressClasses were found, only 1 allowed`)
    const [chosen] = classes
    if (chosen === undefined) return pass(attrs)
    return { object: { ...ingress, spec: { ...ingress.spec, ingressClassName: chosen.metadata.name } } as Ingress }
  },
}

/** The newest first, then by name. */
function defaultClasses(core: Core): IngressClass[] {
  const directory = directoryOf('networking.k8s.io', 'ingressclasses')
  const all = core.cache.list(directory, directory) as IngressClass[]
  const age = ({ metadata }: IngressClass): number => -Date.parse(String(metadata.creationTimestamp))
  return all
    .filter(({ metadata }) => metadata.annotations?.[DEFAULT_CLASS] === 'true')
    .sort((a, b) => age(a) - age(b) || (a.metadata.name < b.metadata.name ? -1 : 1))
}

/** Models plugin/pkg/admission/denyserviceexternalips. */
export const denyServiceExternalIPs: Plugin = {
  name: 'DenyServiceExternalIPs',
  operations: ['CREATE', 'UPDATE'],
  resources: ['services'],
  validate(_core, _flight, attrs) {
    const before = new Set((attrs.oldObject as Service | undefined)?.spec?.externalIPs ?? [])
    const added = ((attrs.object as Service).spec?.externalIPs ?? []).filter((ip) => !before.has(ip))
    return added.length === 0 ? pass(attrs) : deny(attrs, 'Use of external IPs is denied by admission control.')
  },
}

/** Owners may be changed by those who may delete; blocking needs rights on the owner. Models plugin/pkg/admission/gc. */
export const ownerReferences: Plugin = {
  name: 'OwnerReferencesPermissionEnforcement',
  operations: ['CREATE', 'UPDATE'],
  validate(core, flight, attrs) {
    const { entry, subresource, object, oldObject } = attrs
    if (
      subresource !== '' ||
      object === undefined ||
      (entry.group === '' && entry.resource === 'pods' && isMirror(object))
    )
      return pass(attrs)
    const next = object.metadata.ownerReferences ?? []
    const before = oldObject?.metadata.ownerReferences ?? []
    if (attrs.operation === 'UPDATE' && !deepEqual(next, before) && !may(core, flight, 'delete', { ...flight.info }))
      return deny(attrs, `cannot set an ownerRef on a resource you can't delete: ${refusal(flight, 'delete')}, <nil>`)
    for (const owner of next.filter((one) => one.blockOwnerDeletion === true && !isBlocking(before, one))) {
      const info = finalizersOf(core, owner, attrs)
      if (info === undefined)
        return deny(
          attrs,
          `cannot set blockOwnerDeletion in this case because cannot find RESTMapping for APIVersion ${owner.apiVersion} Kind ${owner.kind}`,
        )
      if (!may(core, flight, 'update', info))
        return deny(
          attrs,
          `cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: ${refusal(flight, 'update')}, <nil>`,
        )
    }
    return pass(attrs)
  },
}

const isBlocking = (owners: OwnerReference[], { uid }: OwnerReference): boolean =>
  owners.some((one) => one.uid === uid && one.blockOwnerDeletion === true)

/** RBAC gives no reason for what it does not allow. */
const refusal = (_flight: Flight, _verb: string): string => ''

function may(core: Core, flight: Flight, verb: string, info: Partial<RequestInfo>): boolean {
  return authorize(core, { ...flight.info, ...info, verb } as RequestInfo, flight.user)
}

function finalizersOf(core: Core, owner: OwnerReference, { namespace }: Attributes): Partial<RequestInfo> | undefined {
  const [group, version] = owner.apiVersion.includes('/')
    ? (owner.apiVersion.split('/') as [string, string])
    : ['', owner.apiVersion]
  const entry = core.registry
    .all()
    .find((one) => one.group === group && one.version === version && one.kind === owner.kind)
  if (entry === undefined) return undefined
  return {
    group,
    version,
    resource: entry.resource,
    subresource: 'finalizers',
    namespace: entry.namespaced ? namespace : '',
    name: owner.name,
  }
}

/** Models plugin/pkg/admission/namespace/exists. */
export const namespaceExists: Plugin = {
  name: 'NamespaceExists',
  operations: ['CREATE', 'UPDATE', 'DELETE'],
  validate(core, _flight, attrs) {
    const { entry, namespace } = attrs
    if (!entry.namespaced || namespace === '' || findNamespace(core, namespace) !== undefined) return pass(attrs)
    return { refuse: notFound({ group: '', resource: 'namespaces' }, namespace) }
  },
}

/** Models apiserver and plugin/pkg/admission/deny. */
export const alwaysDeny: Plugin = {
  name: 'AlwaysDeny',
  operations: ['CREATE', 'UPDATE', 'DELETE', 'CONNECT'],
  admit: (_core, _flight, attrs) => deny(attrs, 'admission control is denying all modifications'),
}
