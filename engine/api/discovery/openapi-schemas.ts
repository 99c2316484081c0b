/** The components of OpenAPI documents, out of the schema and upstream's texts. Models kube-openapi pkg/builder3 and pkg/schemaconv. */
import { describeField, describeType, valuesOf } from '../../objects/documentation.ts'
import { apiVersionOf } from '../../objects/kinds.ts'
import type { KindEntry } from '../../objects/kinds.ts'
import { goneFields, knowsField, requiredIn } from '../../objects/releases.ts'
import { hasType, typeOf } from '../../objects/schema.ts'
import type { CompiledField, CompiledType, Shape } from '../../objects/schema.ts'
import type { JsonSchema } from '../../objects/structural/schema.ts'

export type Schema = Record<string, unknown>
export type Schemas = Record<string, Schema>

const PACKAGES: Record<string, string> = {
  meta: 'io.k8s.apimachinery.pkg.apis.meta',
  resource: 'io.k8s.apimachinery.pkg.api.resource',
  util: 'io.k8s.apimachinery.pkg.util',
  runtime: 'io.k8s.apimachinery.pkg.runtime',
  version: 'io.k8s.apimachinery.pkg.version',
  apiextensions: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions',
  apiregistration: 'io.k8s.kube-aggregator.pkg.apis.apiregistration',
}

/** `core.v1.Pod` → `io.k8s.api.core.v1.Pod`. */
export function componentName(type: string): string {
  const dot = type.indexOf('.')
  const [first, rest] = [type.slice(0, dot), type.slice(dot + 1)]
  const known = first === 'resource' && rest.includes('.') ? undefined : PACKAGES[first]
  return `${known ?? `io.k8s.api.${first}`}.${rest}`
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

const SPECIAL: Record<string, [type: string, schema: Schema]> = {
  time: ['meta.v1.Time', { type: 'string', format: 'date-time' }],
  microTime: ['meta.v1.MicroTime', { type: 'string', format: 'date-time' }],
  quantity: ['resource.Quantity', { oneOf: [{ type: 'string' }, { type: 'number' }] }],
  intOrString: [
    'util.intstr.IntOrString',
    { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] },
  ],
}

export const reference = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` })

/** References stand in allOf where siblings may follow, as kube-openapi writes them. */
const wrapped = (schema: Schema): Schema => ('$ref' in schema ? { allOf: [schema] } : schema)

const EMPTY: Record<string, unknown> = { string: '', integer: 0, number: 0, boolean: false }

/** Items have the zero value of Go as their default. */
const itemOf = (schema: Schema): Schema => {
  if ('$ref' in schema) return { allOf: [schema], default: {} }
  return typeof schema.type === 'string' && schema.type in EMPTY ? { ...schema, default: EMPTY[schema.type] } : schema
}

const described = (schema: Schema, description: string): Schema =>
  description === '' ? schema : { description, ...schema }

/** Makes the components of one release; what they refer to is added with them. */
export class Components {
  readonly schemas: Schemas = {}

  constructor(
    private readonly minor: number,
    /** Whether values are listed (OpenAPIEnums). */
    private readonly enums: boolean,
  ) {}

  /** The component of a schema type, by its name in the document. */
  add(type: string): string {
    const name = componentName(type)
    if (name in this.schemas) return name
    this.schemas[name] = {}
    this.schemas[name] = this.component(type)
    return name
  }

  private component(type: string): Schema {
    const text = describeType(type, this.minor)
    if (!hasType(type)) return described({ type: 'object' }, text)
    const compiled = typeOf(type)
    const plain = plainType(compiled)
    if (plain !== undefined) return described(plain, text)
    const required = requiredIn(type, compiled.required, this.minor)
    return {
      ...described({ type: 'object' }, text),
      ...this.properties(compiled),
      ...(required.length > 0 && { required }),
      ...(compiled.gvk !== undefined && { 'x-kubernetes-group-version-kind': compiled.gvk.map(gvkOf) }),
      ...unionOf(compiled),
    }
  }

  private properties(type: CompiledType): { properties?: Schemas } {
    const fields = [...type.fields.values()].filter(({ name }) => knowsField(type.name, name, this.minor))
    const properties: Schemas = {}
    for (const field of fields) properties[field.name] = this.field(type, field)
    for (const [name, notation] of goneFields(type.name, this.minor))
      properties[name] = notation === '[string]' ? { type: 'array', items: SCALARS.string } : { ...SCALARS[notation] }
    const sorted = Object.keys(properties).sort()
    return sorted.length === 0
      ? {}
      : { properties: Object.fromEntries(sorted.map((name) => [name, properties[name]!])) }
  }

  private field(type: CompiledType, field: CompiledField): Schema {
    const values = this.enums ? valuesOf(type.name, field.name, this.minor) : undefined
    return {
      ...described(wrapped(this.shape(field.shape)), describeField(type.name, field.name, this.minor, this.enums)),
      ...(field.default !== undefined && { default: field.default }),
      ...(values !== undefined && { enum: values }),
      ...(field.list !== undefined && { 'x-kubernetes-list-type': field.list }),
      ...(field.keys !== undefined && { 'x-kubernetes-list-map-keys': field.keys }),
      ...(field.map !== undefined && { 'x-kubernetes-map-type': field.map }),
      ...(field.patch !== undefined && { 'x-kubernetes-patch-strategy': field.patch }),
      ...(field.mergeKey !== undefined && { 'x-kubernetes-patch-merge-key': field.mergeKey }),
    }
  }

  private shape(shape: Shape): Schema {
    if (shape.form === 'list') return { type: 'array', items: itemOf(this.shape(shape.item as Shape)) }
    if (shape.form === 'map') return { type: 'object', additionalProperties: itemOf(this.shape(shape.item as Shape)) }
    const special = SPECIAL[shape.form]
    if (special !== undefined) return reference(this.special(...special))
    const type = shape.type ?? shape.named
    if (type !== undefined) return reference(this.add(type))
    return { ...SCALARS[shape.form] }
  }

  private special(type: string, schema: Schema): string {
    const name = componentName(type)
    this.schemas[name] ??= described(schema, describeType(type, this.minor))
    return name
  }

  /** The component of a custom resource. Models apiextensions-apiserver pkg/controller/openapi/builder. */
  addCustom(entry: KindEntry): string {
    const name = customName(entry)
    const { group, version, kind } = entry
    this.schemas[name] = {
      ...customSchema(entry.custom?.schema, (type) => this.add(type), this.minor),
      'x-kubernetes-group-version-kind': [{ group, version, kind }],
    }
    this.schemas[`${name}List`] = this.listOf(entry, name)
    return name
  }

  private listOf({ group, version, kind }: KindEntry, name: string): Schema {
    const { apiVersion, kind: kindText } = typeTexts(this.minor)
    return {
      description: `${kind}List is a list of ${kind}`,
      type: 'object',
      required: ['items'],
      properties: {
        apiVersion: { description: apiVersion, type: 'string' },
        items: {
          description: `List of ${name.split('.').slice(-2)[0] === '' ? kind : pluralOf(kind)}. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md`,
          type: 'array',
          items: reference(name),
        },
        kind: { description: kindText, type: 'string' },
        metadata: {
          description: `${describeField('core.v1.PodList', 'metadata', this.minor)}`,
          allOf: [reference(this.add('meta.v1.ListMeta'))],
        },
      },
      'x-kubernetes-group-version-kind': [{ group, version, kind: `${kind}List` }],
    }
  }
}

const pluralOf = (kind: string): string => `${kind.toLowerCase()}s`

/** `example.com/v1 Widget` → `com.example.v1.Widget`. */
export const customName = ({ group, version, kind }: KindEntry): string =>
  [...group.split('.').reverse(), version, kind].join('.')

const typeTexts = (minor: number): { apiVersion: string; kind: string } => ({
  apiVersion: describeField('core.v1.Pod', 'apiVersion', minor),
  kind: describeField('core.v1.Pod', 'kind', minor),
})

function customSchema(schema: JsonSchema | undefined, add: (type: string) => string, minor: number): Schema {
  if (schema === undefined) return { type: 'object' }
  const texts = typeTexts(minor)
  const { properties = {} } = schema
  const metadata = {
    description:
      "Standard object's metadata. More info: https://git.k8s.io/community/contributors/devel/sig-architecture/api-conventions.md#metadata",
    allOf: [reference(add('meta.v1.ObjectMeta'))],
  }
  const all: Record<string, unknown> = {
    ...properties,
    apiVersion: { description: texts.apiVersion, type: 'string' },
    kind: { description: texts.kind, type: 'string' },
    metadata,
  }
  const sorted = Object.keys(all).sort()
  return {
    ...(schema as unknown as Schema),
    type: 'object',
    properties: Object.fromEntries(sorted.map((key) => [key, all[key]])),
  }
}

/** Types without fields, as their Go types describe themselves. */
const PLAIN: Record<string, Schema> = {
  'apiextensions.v1.JSON': {},
  'apiextensions.v1beta1.JSON': {},
  'meta.v1.Patch': { type: 'object' },
  'meta.v1.FieldsV1': { type: 'object' },
  'runtime.RawExtension': { type: 'object' },
}

function plainType({ name, is }: CompiledType): Schema | undefined {
  const special = Object.values(SPECIAL).find(([type]) => type === name)
  if (special !== undefined) return special[1]
  if (name in PLAIN) return PLAIN[name]
  return is === 'any' ? {} : is === 'object' ? { type: 'object' } : undefined
}

/** Discriminated unions that upstream marks. */
const UNIONS: Record<string, Schema> = {
  'core.v1.SeccompProfile': {
    discriminator: 'type',
    'fields-to-discriminateBy': { localhostProfile: 'LocalhostProfile' },
  },
  'core.v1.AppArmorProfile': {
    discriminator: 'type',
    'fields-to-discriminateBy': { localhostProfile: 'LocalhostProfile' },
  },
}

const unionOf = ({ name }: CompiledType): Schema => (name in UNIONS ? { 'x-kubernetes-unions': [UNIONS[name]] } : {})

function gvkOf(text: string): Schema {
  const parts = text.split('/')
  return parts.length === 2
    ? { group: '', version: parts[0], kind: parts[1] }
    : { group: parts[0], version: parts[1], kind: parts[2] }
}

/** The component of an entry's objects. */
export function addEntry(components: Components, entry: KindEntry): string {
  if (entry.schema === '') return components.addCustom(entry)
  const name = components.add(entry.wire ?? entry.schema)
  const list = `${entry.wire ?? entry.schema}List`
  if (hasType(list)) components.add(list)
  return name
}

/** What tells two contents of a group version apart, for the hash of its document. */
export const fingerprint = (entry: KindEntry): string =>
  entry.custom === undefined
    ? `${apiVersionOf(entry)}/${entry.kind}`
    : `${apiVersionOf(entry)}/${entry.kind}${JSON.stringify(entry.custom.schema ?? {})}`
