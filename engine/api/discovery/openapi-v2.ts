/**
 * /openapi/v2 as gnostic's protobuf: only the paths with the query parameters of their writes, which is
 * what kubectl 1.27 and older look up before they create or apply. Not modelled: definitions, JSON form.
 */
import type { KindEntry, KindRegistry } from '../../objects/kinds.ts'

export const OPENAPI_V2_TYPE = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'

type Bytes = number[]

function varint(value: number): Bytes {
  const bytes: Bytes = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...bytes, rest]
    bytes.push((rest % 128) + 128)
  }
}

const encoder = new TextEncoder()

/** A length-delimited field: a message or a text. */
function field(number: number, content: Bytes | string): Bytes {
  const bytes = typeof content === 'string' ? [...encoder.encode(content)] : content
  return [...varint(number * 8 + 2), ...varint(bytes.length), ...bytes]
}

/** Parameter ← NonBodyParameter ← QueryParameterSubSchema { in, name }. */
const queryParameter = (name: string): Bytes =>
  field(1, field(2, field(3, [...field(2, 'query'), ...field(4, name), ...field(6, 'string')])))

const PARAMETERS = ['dryRun', 'fieldManager', 'fieldValidation'].flatMap((name) => field(8, queryParameter(name)))

/** Operation { parameters, vendor_extension: x-kubernetes-group-version-kind }. */
function operation({ group, version, kind }: KindEntry): Bytes {
  const yaml = `group: "${group}"\nkind: ${kind}\nversion: ${version}\n`
  return [...PARAMETERS, ...field(13, [...field(1, 'x-kubernetes-group-version-kind'), ...field(2, field(2, yaml))])]
}

function pathsOf(entry: KindEntry): Bytes {
  const root = entry.group === '' ? `/api/${entry.version}` : `/apis/${entry.group}/${entry.version}`
  const base = `${root}/${entry.namespaced ? 'namespaces/{namespace}/' : ''}${entry.resource}`
  const write = operation(entry)
  const collection = field(2, [...field(1, base), ...field(2, field(4, write))])
  const single = field(2, [...field(1, `${base}/{name}`), ...field(2, [...field(3, write), ...field(8, write)])])
  return [...collection, ...single]
}

/** Document { swagger, info, paths }. */
export function openapiV2(registry: KindRegistry, release: string): Uint8Array {
  const info = [...field(1, 'Kubernetes'), ...field(2, `v${release}`)]
  return Uint8Array.from([...field(1, '2.0'), ...field(2, info), ...field(8, registry.all().flatMap(pathsOf))])
}
