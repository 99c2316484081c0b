/** Where pluto looks: texts with objects, folders of them, the API of a cluster. */
import type { Proc, Run } from '../../host/process.ts'
import { parseYamlDocuments } from '../../objects/yaml.ts'
import type { Client, ListObject } from '../kubectl/client.ts'
import type { ResourceType } from '../kubectl/discovery.ts'
import { pathOf } from '../kubectl/mapper.ts'
import type { Session } from '../kubectl/session.ts'
import { apiVersions } from './versions.ts'
import type { ApiVersion } from './versions.ts'

export interface Finding {
  name: string
  namespace: string
  filePath: string
  api: ApiVersion
}

interface Loose {
  apiVersion?: unknown
  kind?: unknown
  metadata?: { name?: unknown; namespace?: unknown }
  items?: unknown
}

const word = (value: unknown): string => (typeof value === 'string' ? value : '')

/** The findings in a value: an object, or a list with objects in it. */
function inObject(value: unknown, filePath: string): Finding[] {
  if (typeof value !== 'object' || value === null) return []
  const { apiVersion, kind, metadata, items } = value as Loose
  const inside = Array.isArray(items) ? items.flatMap((item) => inObject(item, filePath)) : []
  const api = apiVersions().find((one) => one.version === apiVersion && one.kind === kind)
  if (api === undefined) return inside
  return [{ name: word(metadata?.name), namespace: word(metadata?.namespace), filePath, api }, ...inside]
}

/** The findings in a file's text; undefined: it is no YAML. */
export function inText(text: string, filePath = ''): Finding[] | undefined {
  try {
    return parseYamlDocuments(text).flatMap((document) => inObject(document, filePath))
  } catch {
    return undefined
  }
}

/** The findings in the files of a folder and those below, in the order of their names. */
export function* inFolder(p: Proc, folder: string): Run<Finding[] | { error: string }> {
  const listed = yield* p.list(folder)
  if ('error' in listed) return { error: `lstat ${folder}: no such file or directory` }
  const findings: Finding[] = []
  for (const name of listed.names) {
    const path = folder === '.' ? name : `${folder.replace(/\/$/, '')}/${name}`
    const stat = yield* p.stat(path)
    if ('error' in stat) continue
    if (stat.kind === 'directory') {
      const below = yield* inFolder(p, path)
      if (Array.isArray(below)) findings.push(...below)
    } else if (/\.(ya?ml|json|tpl|txt)$/.test(name)) {
      const file = yield* p.readFile(path)
      if ('text' in file) findings.push(...(inText(file.text, path) ?? []))
    }
  }
  return findings
}

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

/** What objects of a cluster were last applied as, or are served as. */
export function* inCluster(session: Session, namespace: string): Run<Finding[]> {
  const client = yield* session.client()
  const { discovered } = yield* session.mapper()
  const kinds = new Set(apiVersions().map(({ kind }) => kind))
  const preferred = new Set(discovered.groups.map(({ group, versions }) => `${group}/${versions[0] ?? ''}`))
  const types = discovered.types.filter(
    (type) => kinds.has(type.kind) && type.verbs.includes('list') && preferred.has(`${type.group}/${type.version}`),
  )
  const findings: Finding[] = []
  for (const type of types) findings.push(...(yield* ofType(client, type, namespace)))
  return findings
}

function* ofType(client: Client, type: ResourceType, namespace: string): Run<Finding[]> {
  if (namespace !== '' && !type.namespaced) return []
  const { items } = yield* client.get<ListObject>(pathOf(type, namespace === '' ? undefined : namespace))
  return (items ?? []).flatMap((item) => {
    const applied = item.metadata?.annotations?.[LAST_APPLIED]
    const own = { apiVersion: `${type.group}/${type.version}`, kind: type.kind, metadata: item.metadata }
    return (applied === undefined ? inObject(own, '') : inText(applied)) ?? []
  })
}
