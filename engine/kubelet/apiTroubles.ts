/** How calls to the API server that fail show in the log. Models client-go's rest and tools/cache/reflector (O4). */
import type { Answer, Call } from '../api/client.ts'
import type { Trouble } from '../api/client/create.ts'
import { pathOf } from '../api/client/paths.ts'
import type { Said } from './settings/settings.ts'

const VERBS: Record<Call['verb'], string> = {
  get: 'Get',
  list: 'Get',
  create: 'Post',
  update: 'Put',
  patch: 'Patch',
  delete: 'Delete',
  deletecollection: 'Delete',
}

/** `Get "https://172.30.1.2:6443/api/v1/nodes/x?timeout=10s": dial tcp …`, or what the server's Status says. */
export function failureText({ call, code, body, failure }: Answer, server: string, query: string): string {
  if (code !== 0)
    return (body as { message?: string } | undefined)?.message ?? `the server responded with the status code ${code}`
  const path = pathOf(call.resource, call.namespace, call.verb === 'create' ? '' : call.name, call.subresource)
  return `${VERBS[call.verb]} "${server}${path}${query}": ${failure ?? 'EOF'}`
}

const KINDS: Record<string, string> = { 'v1/nodes': 'Node', 'v1/services': 'Service', 'v1/pods': 'Pod' }

interface ListTrouble extends Trouble {
  fieldSelector: string
  server: string
  minor: number
}

/** A list or watch that failed. The words changed with 1.31 and 1.33. */
export function reflectorLines({ resource, path, failure, fieldSelector, server, minor }: ListTrouble): Said[] {
  const kind = KINDS[resource]
  // The pods are listed only once the Node was.
  if (kind === undefined || kind === 'Pod') return []
  const selector = fieldSelector === '' ? '' : `fieldSelector=${encodeURIComponent(fieldSelector)}&`
  const isPlain = !/^(dial|tls:|net\/http|http2|EOF|context|read|remote)/.test(failure)
  const list = isPlain
    ? `failed to list *v1.${kind}: ${failure}`
    : `failed to list *v1.${kind}: Get "${server}${path}?${selector}limit=500&resourceVersion=0": ${failure}`
  const reflector = 'k8s.io/client-go/informers/factory.go:160'
  const bare = (level: 'W' | 'E', where: string, message: string): Said => ({
    level,
    where,
    message,
    facts: {},
    bare: true,
  })
  if (minor >= 33)
    return [
      {
        level: 'E',
        where: 'reflector.go:200',
        message: 'Failed to watch',
        facts: { err: list, logger: 'UnhandledError', reflector, type: `*v1.${kind}` },
      },
    ]
  const old = `${reflector}: Failed to watch *v1.${kind}: ${list}`
  const warning = bare('W', 'reflector.go:561', `${reflector}: ${list}`)
  if (minor < 31) return [warning, bare('E', 'reflector.go:150', old)]
  return [
    warning,
    {
      level: 'E',
      where: 'reflector.go:158',
      message: 'Unhandled Error',
      facts: { err: old, logger: 'UnhandledError' },
    },
  ]
}
