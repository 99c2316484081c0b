/**
 * /openapi/v3: an index and one document a group version, made from the schema; what kubectl explain,
 * apply and the validation flags need. Models kube-openapi pkg/handler3. Not modelled: descriptions,
 * operations' bodies and answers, OpenAPI v2.
 */
import type { KindEntry, KindRegistry } from '../../objects/kinds.ts'
import { hasType, typeOf } from '../../objects/schema.ts'
import type { CompiledField, Shape } from '../../objects/schema.ts'

type Schema = Record<string, unknown>

/** The documents, one a group version. */
export function openapiIndex(registry: KindRegistry): object {
  const paths: Record<string, { serverRelativeURL: string }> = {}
  for (const { name, versions } of registry.groups()) {
    for (const version of versions) {
      const path = name === '' ? `api/${version}` : `apis/${name}/${version}`
      paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${registry.release}` }
    }
  }
  return { paths }
}

/** `core.v1.Pod` → `io.k8s.api.core.v1.Pod`. */
function componentName(type: string): string {
  if (type.startsWith('meta.')) return `io.k8s.apimachinery.pkg.apis.${type}`
  if (type.startsWith('resource.')) return `io.k8s.apimachinery.pkg.api.${type}`
  return type.startsWith('util.') || type.startsWith('runtime.')
    ? `io.k8s.apimachinery.pkg.${type}`
    : `io.k8s.api.${type}`
}

const SCALARS: Record<string, Schema> = {
  string: { type: 'string' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  double: { type: 'number', format: 'double' },
  boolean: { type: 'boolean' },
  base64: { type: 'string', format: 'byte' },
  any: {},
  object: { type: 'object' },
}

const SPECIAL: Record<string, [string, Schema]> = {
  time: ['io.k8s.apimachinery.pkg.apis.meta.v1.Time', { type: 'string', format: 'date-time' }],
  microTime: ['io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime', { type: 'string', format: 'date-time' }],
  quantity: ['io.k8s.apimachinery.pkg.api.resource.Quantity', { oneOf: [{ type: 'string' }, { type: 'number' }] }],
  intOrString: [
    'io.k8s.apimachinery.pkg.util.intstr.IntOrString',
    { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] },
  ],
}

const reference = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` })

/** A field's schema; the types it names are put on the list of those still to be made. */
function schemaOf(shape: Shape, schemas: Record<string, Schema>): Schema {
  if (shape.form === 'list') return { type: 'array', items: itemOf(schemaOf(shape.item as Shape, schemas)) }
  if (shape.form === 'map')
    return { type: 'object', additionalProperties: itemOf(schemaOf(shape.item as Shape, schemas)) }
  const special = SPECIAL[shape.form]
  if (special !== undefined) {
    schemas[special[0]] ??= special[1]
    return reference(special[0])
  }
  if (shape.form !== 'struct') return { ...SCALARS[shape.form] }
  addType(shape.type as string, schemas)
  return reference(componentName(shape.type as string))
}

/** References stand in allOf where siblings may follow, as kube-openapi writes them. */
const itemOf = (schema: Schema): Schema => ('$ref' in schema ? { allOf: [schema], default: {} } : schema)

function fieldSchema(field: CompiledField, schemas: Record<string, Schema>): Schema {
  return {
    ...itemOf(schemaOf(field.shape, schemas)),
    ...(field.patch !== undefined && { 'x-kubernetes-patch-strategy': field.patch }),
    ...(field.mergeKey !== undefined && { 'x-kubernetes-patch-merge-key': field.mergeKey }),
    ...(field.list !== undefined && { 'x-kubernetes-list-type': field.list }),
    ...(field.keys !== undefined && { 'x-kubernetes-list-map-keys': field.keys }),
    ...(field.map !== undefined && { 'x-kubernetes-map-type': field.map }),
  }
}

function gvkOf(text: string): Schema {
  const parts = text.split('/')
  return parts.length === 2
    ? { group: '', version: parts[0], kind: parts[1] }
    : { group: parts[0], version: parts[1], kind: parts[2] }
}

function addType(name: string, schemas: Record<string, Schema>): void {
  const component = componentName(name)
  if (component in schemas) return
  const schema: Schema = { type: 'object' }
  schemas[component] = schema
  if (!hasType(name)) return
  const type = typeOf(name)
  schema.properties = Object.fromEntries(
    [...type.fields.values()].map((field) => [field.name, fieldSchema(field, schemas)]),
  )
  if (type.required.length > 0) schema.required = type.required
  if (type.gvk !== undefined) schema['x-kubernetes-group-version-kind'] = type.gvk.map(gvkOf)
}

const WRITE_PARAMETERS = ['dryRun', 'fieldManager', 'fieldValidation'].map((name) => ({
  name,
  in: 'query',
  schema: { type: 'string', uniqueItems: true },
}))

function operation({ group, version, kind }: KindEntry, action: string, writes: boolean): Schema {
  return {
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { group, version, kind },
    ...(writes && {
      parameters:
        action === 'patch'
          ? [...WRITE_PARAMETERS, { name: 'force', in: 'query', schema: { type: 'boolean' } }]
          : WRITE_PARAMETERS,
    }),
    responses: { '200': { description: 'OK' } },
  }
}

function pathsOf(entry: KindEntry): Record<string, Schema> {
  const root = entry.group === '' ? `/api/${entry.version}` : `/apis/${entry.group}/${entry.version}`
  const base = `${root}/${entry.namespaced ? 'namespaces/{namespace}/' : ''}${entry.resource}`
  return {
    [base]: { get: operation(entry, 'list', false), post: operation(entry, 'post', true) },
    [`${base}/{name}`]: {
      get: operation(entry, 'get', false),
      put: operation(entry, 'put', true),
      patch: operation(entry, 'patch', true),
      delete: operation(entry, 'delete', true),
    },
  }
}

/** Custom resources: any fields. */
function customSchema({ group, version, kind }: KindEntry): Schema {
  return {
    type: 'object',
    'x-kubernetes-preserve-unknown-fields': true,
    'x-kubernetes-group-version-kind': [{ group, version, kind }],
  }
}

/** The document of one group version (`api/v1`, `apis/apps/v1`); undefined when it is not served. */
export function openapiDocument(registry: KindRegistry, path: string, release: string): object | undefined {
  const parts = path.split('/')
  const [group, version] = parts[0] === 'api' ? ['', parts[1]] : [parts[1], parts[2]]
  const entries = registry.all().filter((entry) => entry.group === group && entry.version === version)
  if (entries.length === 0) return undefined
  const schemas: Record<string, Schema> = {}
  for (const entry of entries) {
    if (entry.schema === '') schemas[`${entry.group}.${entry.version}.${entry.kind}`] = customSchema(entry)
    else addType(entry.schema, schemas)
  }
  if (hasType('meta.v1.DeleteOptions')) addType('meta.v1.DeleteOptions', schemas)
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: `v${release}` },
    paths: Object.assign({}, ...entries.map(pathsOf)) as object,
    components: { schemas },
  }
}
