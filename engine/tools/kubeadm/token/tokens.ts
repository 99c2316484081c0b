/** Bootstrap tokens as Secrets (P4). Models cmd/kubeadm/app/apis/bootstraptoken/v1 and phases/bootstraptoken/node. */
import { parseGoDuration } from '../../../objects/duration.ts'
import { timestamp } from '../../../objects/meta.ts'
import { tokenSecret } from '../artifacts/objects/bootstrap.ts'
import type { ClusterObject } from '../artifacts/objects/object.ts'
import { decode } from '../artifacts/kubeconfigs.ts'
import type { BootstrapTokenConfig } from '../config/types.ts'

export const TOKEN_PATTERN = '\\A([a-z0-9]{6})\\.([a-z0-9]{16})\\z'
export const ID_PATTERN = '\\A([a-z0-9]{6})\\z'
const TOKEN = /^([a-z0-9]{6})\.([a-z0-9]{16})$/

export function parseToken(text: string): { id: string; secret: string } | undefined {
  const match = TOKEN.exec(text)
  return match === null ? undefined : { id: match[1] as string, secret: match[2] as string }
}

export const isTokenId = (text: string): boolean => /^[a-z0-9]{6}$/.test(text)

/** The Secret of a token; a lifetime of 0 means for ever. */
export function secretOf(
  { token, description, ttl, expires, usages, groups }: BootstrapTokenConfig,
  nowMs: number,
): ClusterObject {
  const { id, secret } = parseToken(token) ?? { id: '', secret: '' }
  const lifetimeMs = ttl === undefined ? 0 : parseGoDuration(ttl)
  const expiration = expires ?? (lifetimeMs > 0 ? timestamp(nowMs + lifetimeMs) : undefined)
  return tokenSecret({
    id,
    secret,
    ...(description && { description }),
    ...(expiration !== undefined && { expiration }),
    usages: [...(usages ?? [])].sort(),
    groups: groups ?? [],
  })
}

/** A token as a Secret holds it. */
export interface KnownToken {
  id: string
  token: string
  description: string
  expires?: string
  usages: string[]
  groups: string[]
}

interface SecretBody {
  metadata?: { name?: string }
  data?: Record<string, string>
}

/** Undefined for a Secret that is no token. */
export function readToken({ data = {} }: SecretBody): KnownToken | undefined {
  const text = (key: string): string => (data[key] === undefined ? '' : decode(data[key]))
  const id = text('token-id')
  if (id === '') return undefined
  const usages = Object.keys(data)
    .filter((key) => key.startsWith('usage-bootstrap-') && text(key) === 'true')
    .map((key) => key.slice('usage-bootstrap-'.length))
  return {
    id,
    token: `${id}.${text('token-secret')}`,
    description: text('description'),
    ...(data['expiration'] !== undefined && { expires: text('expiration') }),
    usages: usages.sort(),
    groups: text('auth-extra-groups').split(',').filter(Boolean),
  }
}
