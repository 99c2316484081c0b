/** Tokens `id.secret` that join nodes: Secrets of kube-system. Models plugin/pkg/auth/authenticator/token/bootstrap (A, P4). */
import type { KubeObject } from '../client.ts'
import type { Core } from '../core.ts'
import type { UserInfo } from '../flight.ts'
import { directoryOf } from '../storage/keys.ts'

const FORM = /^([a-z0-9]{6})\.([a-z0-9]{16})$/
const GROUP = /^system:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]$/
const BOOTSTRAPPERS = 'system:bootstrappers'

/** The user of a bootstrap token; undefined when it is none, has ended, or may not be used for this. */
export function readBootstrapToken(core: Core, token: string): UserInfo | undefined {
  const [, id = '', secret = ''] = FORM.exec(token) ?? []
  if (id === '') return undefined
  const stored = core.cache.get(`${directoryOf('', 'secrets')}kube-system/bootstrap-token-${id}`) as
    (KubeObject & { type?: string; data?: Record<string, string> }) | undefined
  if (stored?.type !== 'bootstrap.kubernetes.io/token' || stored.metadata.deletionTimestamp !== undefined)
    return undefined
  const text = (key: string): string => atob(stored.data?.[key] ?? '')
  if (text('token-secret') !== secret || text('token-id') !== id) return undefined
  const expiration = text('expiration')
  if (expiration !== '' && !(Date.parse(expiration) > core.kernel.clockMs)) return undefined
  if (text('usage-bootstrap-authentication') !== 'true') return undefined
  const groups = text('auth-extra-groups')
    .split(',')
    .filter((group) => group !== '')
  if (groups.some((group) => !GROUP.test(group))) return undefined
  return { name: `system:bootstrap:${id}`, groups: [...new Set([...groups, BOOTSTRAPPERS])].sort() }
}
