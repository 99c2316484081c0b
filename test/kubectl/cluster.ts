/** A server of fixed objects: discovery, get, list with selectors; no tables, so that the client prints by itself. */
import { readFileSync } from 'node:fs'
import type { HttpResponse } from '../../engine/fabric/http.ts'
import type { Outgoing } from '../../engine/host/process.ts'

export interface FixedObject {
  apiVersion: string
  kind: string
  metadata: { name: string; namespace?: string; labels?: Record<string, string> }
  [field: string]: unknown
}

const read = (name: string): string => readFileSync(new URL(`goldens/${name}`, import.meta.url), 'utf8')

interface Discovery {
  items: {
    metadata: { name?: string }
    versions: { version: string; resources: { resource: string; responseKind: { kind: string } }[] }[]
  }[]
}

const discovery = JSON.parse(read('discovery.json')) as Record<'/api' | '/apis', Discovery>

export const fixedObjects = (): FixedObject[] => JSON.parse(read('objects.json')) as FixedObject[]

function kindOf(group: string, version: string, resource: string): string {
  const items = [...discovery['/api'].items, ...discovery['/apis'].items]
  const found = items.find((item) => (item.metadata.name ?? '') === group)?.versions.find((v) => v.version === version)
  return found?.resources.find((r) => r.resource === resource)?.responseKind.kind ?? ''
}

const field = (object: FixedObject, path: string): string => {
  const value = path.split('.').reduce<unknown>((at, key) => (at as Record<string, unknown> | undefined)?.[key], object)
  return value === undefined || value === null ? '' : String(value)
}

function selected(object: FixedObject, query: Record<string, string>): boolean {
  const fields = (query.fieldSelector ?? '').split(',').filter(Boolean)
  const labels = (query.labelSelector ?? '').split(',').filter((part) => part.includes('=') && !part.includes(' in '))
  return (
    fields.every((part) =>
      part.includes('!=')
        ? field(object, part.split('!=')[0]!) !== part.split('!=')[1]
        : field(object, part.split('=')[0]!) === part.split('=')[1],
    ) && labels.every((part) => object.metadata.labels?.[part.split('=')[0]!] === part.split('=')[1])
  )
}

const answer = (code: number, body: unknown): HttpResponse => ({
  code,
  headers: { 'content-type': 'application/json' },
  body,
})

const notFound = (group: string, resource: string, name: string): HttpResponse =>
  answer(404, {
    kind: 'Status',
    apiVersion: 'v1',
    status: 'Failure',
    reason: 'NotFound',
    message: `${resource}${group ? `.${group}` : ''} "${name}" not found`,
    details: { name, group, kind: resource },
    code: 404,
  })

/** The server's answer to a call. */
export function fixedServer(objects: FixedObject[] = fixedObjects()): (outgoing: Outgoing) => HttpResponse {
  return ({ url, request }) => {
    const path = url.replace(/^[a-z]+:\/\/[^/]+/, '')
    if (path === '/api' || path === '/apis') return answer(200, discovery[path])
    if (path === '/version') return answer(200, { major: '1', minor: '33', gitVersion: 'v1.33.1' })
    const parts = path.split('/').filter(Boolean).map(decodeURIComponent)
    const [group, version, ...rest] = parts[0] === 'api' ? ['', ...parts.slice(1)] : parts.slice(1)
    const namespaced = rest[0] === 'namespaces' && rest.length > 2
    const [resource = '', name] = namespaced ? rest.slice(2) : rest
    const kind = kindOf(group ?? '', version ?? '', resource)
    if (kind === '') return { code: 404, headers: {}, body: '404 page not found\n' }
    const apiVersion = group ? `${group}/${version}` : version!
    const inScope = objects.filter(
      (o) => o.apiVersion === apiVersion && o.kind === kind && (!namespaced || o.metadata.namespace === rest[1]),
    )
    if (name !== undefined) {
      const found = inScope.find((o) => o.metadata.name === name)
      return found ? answer(200, found) : notFound(group ?? '', resource, name)
    }
    const items = inScope.filter((o) => selected(o, request.query))
    return answer(200, { kind: `${kind}List`, apiVersion, metadata: { resourceVersion: '9' }, items })
  }
}
