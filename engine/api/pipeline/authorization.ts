/**
 * Who may do what: the authorizers of --authorization-mode, asked in their order.
 * Models apiserver authorization/union and pkg/kubeapiserver/authorizer. Not modelled: ABAC, Webhook
 * (a server with them does not start), AuthorizationConfiguration files.
 */
import type { Core } from '../core.ts'
import type { RequestInfo, UserInfo } from '../flight.ts'
import type { Attributes, Opinion } from './authorization/attributes.ts'
import { nodeAuthorizer } from './authorization/node.ts'
import { rbac } from './authorization/rbac.ts'

export { hasRole, rulesFor, rulesOfRole } from './authorization/rbac.ts'
export type { Granted } from './authorization/rbac.ts'
export { attributesOf } from './authorization/attributes.ts'
export type { Attributes } from './authorization/attributes.ts'

export const MASTERS = 'system:masters'

type Authorizer = (core: Core, info: Attributes, user: UserInfo) => Opinion

const AUTHORIZERS: Record<string, Authorizer> = {
  AlwaysAllow: () => ({ allowed: true, reason: '' }),
  AlwaysDeny: () => ({ reason: 'Everything is forbidden.' }),
  Node: nodeAuthorizer,
  RBAC: rbac,
}

export interface Decision {
  allowed: boolean
  reason: string
}

/** Whether the user may. */
export function authorize(core: Core, info: RequestInfo, user: UserInfo): boolean {
  return decide(core, info, user).allowed
}

/** Whether the user may, and why. */
export function decide(core: Core, info: Attributes, user: UserInfo): Decision {
  if (user.groups.includes(MASTERS)) return { allowed: true, reason: '' }
  const reasons: string[] = []
  for (const mode of core.flags.authorizationModes) {
    const { allowed, reason } = (AUTHORIZERS[mode] as Authorizer)(core, info, user)
    if (allowed === true) return { allowed, reason }
    if (reason !== '') reasons.push(reason)
  }
  return { allowed: false, reason: reasons.join('\n') }
}
