/**
 * /openapi/v3: an index and one document a group version, made from the schema and upstream's texts; what kubectl
 * explain, apply and the validation flags need. Models kube-openapi pkg/handler3. Not modelled: protobuf, all codes of
 * the answers, paths of watches.
 */
import type { KindEntry, KindRegistry } from '../../objects/kinds.ts'
import { minorOf } from '../../objects/kinds.ts'
import { pathsOf } from './openapi-paths.ts'
import { addEntry, Components, fingerprint } from './openapi-schemas.ts'
import type { Schema } from './openapi-schemas.ts'

const pathOf = (group: string, version: string): string =>
  group === '' ? `api/${version}` : `apis/${group}/${version}`

const entriesOf = (registry: KindRegistry, path: string): KindEntry[] => {
  const parts = path.split('/')
  const [group, version] = parts[0] === 'api' ? ['', parts[1]] : [parts[1], parts[2]]
  return registry.all().filter((entry) => entry.group === group && entry.version === version)
}

const HASH_WORDS = 16

/** 128 hexadecimal digits that change with a text. */
export function hashOf(text: string): string {
  let out = ''
  for (let word = 0; word < HASH_WORDS; word++) {
    let hash = 2166136261 ^ (word * 0x9e3779b1)
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 16777619)
    hash ^= hash >>> 15
    out += (Math.imul(hash, 0x85ebca6b) >>> 0).toString(16).padStart(8, '0')
  }
  return out.toUpperCase()
}

/** The hash of a document, which its address and its ETag carry. */
export const documentHash = (registry: KindRegistry, path: string): string =>
  hashOf(`${registry.release} ${path} ${entriesOf(registry, path).map(fingerprint).join(' ')}`)

/** The documents, one a group version. */
export function openapiIndex(registry: KindRegistry): object {
  const paths: Record<string, { serverRelativeURL: string }> = {}
  const found = registry.groups().flatMap(({ name, versions }) => versions.map((version) => pathOf(name, version)))
  for (const path of found.sort())
    paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${documentHash(registry, path)}` }
  return { paths }
}

const ALWAYS = ['meta.v1.DeleteOptions', 'meta.v1.Patch', 'meta.v1.APIResourceList', 'meta.v1.WatchEvent']

const sorted = <T>(record: Record<string, T>): Record<string, T> =>
  Object.fromEntries(
    Object.keys(record)
      .sort()
      .map((key) => [key, record[key]!]),
  )

function make(entries: KindEntry[], release: string, enums: boolean): object {
  const minor = minorOf(release)
  const components = new Components(minor, enums)
  const paths: Record<string, Schema> = {}
  for (const entry of entries) Object.assign(paths, pathsOf(entry, addEntry(components, entry), minor))
  for (const type of ALWAYS) components.add(type)
  const { schemas } = components
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: `v${release}` },
    paths: sorted(paths),
    components: {
      schemas: sorted(schemas),
      securitySchemes: {
        BearerToken: {
          type: 'apiKey',
          description: 'Bearer Token authentication',
          name: 'authorization',
          in: 'header',
        },
      },
    },
  }
}

/** Documents of built-in kinds depend on the release alone. */
const known = new Map<string, object>()

/** The document of one group version (`api/v1`, `apis/apps/v1`); undefined when it is not served. */
export function openapiDocument(
  registry: KindRegistry,
  path: string,
  release: string,
  enums: boolean,
): object | undefined {
  const entries = entriesOf(registry, path)
  if (entries.length === 0) return undefined
  if (entries.some(({ schema }) => schema === '')) return make(entries, release, enums)
  const key = `${release} ${enums} ${path} ${entries.map(({ resource }) => resource).join(' ')}`
  const document = known.get(key) ?? make(entries, release, enums)
  known.set(key, document)
  return document
}
