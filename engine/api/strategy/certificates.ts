/** CertificateSigningRequests know who asked. Models pkg/registry/certificates/certificates/strategy.go. */
import type { CertificateSigningRequest } from '../../objects/types.gen.ts'
import { timestamp } from '../../objects/meta.ts'
import type { KubeObject } from '../client.ts'
import type { Core } from '../core.ts'
import type { UserInfo } from '../flight.ts'
import type { Strategy } from './strategy.ts'

type Csr = CertificateSigningRequest & KubeObject

/** What the client says of itself is not believed. */
function create(_core: Core, object: KubeObject, user?: UserInfo): KubeObject {
  const csr = object as Csr
  const { username: _1, uid: _2, groups: _3, extra: _4, ...spec } = csr.spec ?? {}
  const asked = {
    ...(user?.extra && { extra: user.extra }),
    groups: user?.groups ?? [],
    ...(user?.uid !== undefined && { uid: user.uid }),
    username: user?.name ?? '',
  }
  return { ...csr, spec: { ...spec, ...asked } } as Csr
}

/** Only the status of a request changes. */
function update(_core: Core, object: KubeObject, old: KubeObject): KubeObject {
  return { ...object, spec: (old as Csr).spec, status: (old as Csr).status } as KubeObject
}

/** Conditions that are new get their times. */
export function stampConditions(core: Core, object: KubeObject, old: KubeObject): KubeObject {
  const now = timestamp(core.kernel.clockMs)
  const { status } = object as Csr
  if (status?.conditions === undefined) return object
  const before = (old as Csr).status?.conditions ?? []
  const conditions = status.conditions.map((condition) => {
    const known = before.find(({ type }) => type === condition.type)
    const changed = known === undefined || known.status !== condition.status
    return {
      ...condition,
      lastTransitionTime: condition.lastTransitionTime ?? (changed ? now : known?.lastTransitionTime),
      lastUpdateTime: condition.lastUpdateTime ?? now,
    }
  })
  return { ...object, status: { ...status, conditions } } as KubeObject
}

export const certificateStrategy: Strategy = {
  create,
  update,
  updateStatus: (core, object, old) => {
    const csr = object as Csr
    const kept = (old as Csr).status?.conditions ?? []
    const isDecision = ({ type }: { type: string }): boolean => type === 'Approved' || type === 'Denied'
    const own = (csr.status?.conditions ?? []).filter((condition) => !isDecision(condition))
    const conditions = [...kept.filter(isDecision), ...own]
    const status = { ...csr.status, ...(conditions.length > 0 && { conditions }) }
    return stampConditions(core, { ...csr, status } as Csr, old)
  },
}
