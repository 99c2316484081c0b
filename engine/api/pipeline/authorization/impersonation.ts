/** Acting as somebody else. Models apiserver endpoints/filters/impersonation.go. */
import type { Core } from '../../core.ts'
import type { Flight, RequestInfo, UserInfo } from '../../flight.ts'
import { internalError, unauthorizedVerb } from '../../status.ts'
import type { ApiStatus } from '../../status.ts'
import { decide } from '../authorization.ts'

const USER = 'impersonate-user'
const GROUP = 'impersonate-group'
const UID = 'impersonate-uid'
const EXTRA = 'impersonate-extra-'
const AUTHENTICATED = 'system:authenticated'
const UNAUTHENTICATED = 'system:unauthenticated'

const listOf = (text: string | undefined): string[] =>
  text === undefined ? [] : text.split(',').map((part) => part.trim())

/** `system:serviceaccount:ns:name` */
function accountOf(name: string): { namespace: string; name: string } | undefined {
  const parts = name.split(':')
  if (parts.length !== 4 || !name.startsWith('system:serviceaccount:')) return undefined
  return { namespace: parts[2] as string, name: parts[3] as string }
}

/** What has to be allowed, one thing after the other. */
function wishesOf(headers: Record<string, string>): Partial<RequestInfo>[] {
  const user = headers[USER] ?? ''
  const account = accountOf(user)
  const authentication = 'authentication.k8s.io'
  const uid = headers[UID]
  const extras = Object.keys(headers)
    .filter((name) => name.startsWith(EXTRA))
    .sort()
    .flatMap((name) =>
      listOf(headers[name]).map((value) => ({
        group: authentication,
        resource: 'userextras',
        subresource: decodeURIComponent(name.slice(EXTRA.length)),
        name: value,
      })),
    )
  return [
    account === undefined ? { resource: 'users', name: user } : { resource: 'serviceaccounts', ...account },
    ...listOf(headers[GROUP]).map((name) => ({ resource: 'groups', name })),
    ...extras,
    ...(uid === undefined ? [] : [{ group: authentication, resource: 'uids', name: uid }]),
  ]
}

const isAsked = (headers: Record<string, string>): boolean =>
  headers[USER] !== undefined || headers[GROUP] !== undefined || headers[UID] !== undefined

/** The user that a request goes on as; undefined when as itself. */
export function impersonation(core: Core, flight: Flight): { user: UserInfo } | { refuse: ApiStatus } | undefined {
  const { headers } = flight.request
  if (!isAsked(headers)) return undefined
  if ((headers[USER] ?? '') === '') {
    const asked = [headers[GROUP], headers[UID]].filter((one) => one !== undefined).join(' ')
    return { refuse: internalError(`requesting ${asked} without impersonating a user`) }
  }
  for (const wish of wishesOf(headers)) {
    const info = {
      ...flight.info,
      isResource: true,
      verb: 'impersonate' as RequestInfo['verb'],
      group: '',
      subresource: '',
      namespace: '',
      ...wish,
    } as RequestInfo
    const { allowed, reason } = decide(core, info, flight.user)
    if (!allowed) return { refuse: unauthorizedVerb(info, flight.user, reason) }
  }
  return { user: userOf(headers) }
}

function userOf(headers: Record<string, string>): UserInfo {
  const name = headers[USER] as string
  const account = accountOf(name)
  const asked = listOf(headers[GROUP])
  const own = account === undefined ? [] : ['system:serviceaccounts', `system:serviceaccounts:${account.namespace}`]
  const groups = asked.length > 0 ? asked : own
  const isKnown = groups.includes(UNAUTHENTICATED) || groups.includes(AUTHENTICATED)
  const added = isKnown ? [] : [name === 'system:anonymous' ? UNAUTHENTICATED : AUTHENTICATED]
  const extra = Object.fromEntries(
    Object.keys(headers)
      .filter((key) => key.startsWith(EXTRA))
      .map((key) => [decodeURIComponent(key.slice(EXTRA.length)), listOf(headers[key])]),
  )
  const uid = headers[UID]
  return {
    name,
    groups: [...groups, ...added],
    ...(uid !== undefined && { uid }),
    ...(Object.keys(extra).length > 0 && { extra }),
  }
}
