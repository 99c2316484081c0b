/** /openapi/v2 as gnostic's protobuf, which kubectl 1.27 and older ask for, and explain's older output. Models gnostic OpenAPIv2.proto. */
import type { Schema } from './openapi-schemas.ts'
import type { SwaggerDocument } from './openapi-v2.ts'

/** As it is asked for; the answer is named with dots, as upstream does. */
export const OPENAPI_V2_TYPE = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'

const encoder = new TextEncoder()

/** Bytes of a message, in a buffer that grows. */
class Writer {
  private bytes = new Uint8Array(256)
  private size = 0

  done(): Uint8Array {
    return this.bytes.subarray(0, this.size)
  }

  private room(more: number): void {
    if (this.size + more <= this.bytes.length) return
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.size + more))
    larger.set(this.bytes.subarray(0, this.size))
    this.bytes = larger
  }

  varint(value: number): this {
    this.room(10)
    let rest = value
    for (; rest > 127; rest = Math.floor(rest / 128)) this.bytes[this.size++] = (rest % 128) + 128
    this.bytes[this.size++] = rest
    return this
  }

  /** A length-delimited field. */
  bytesField(number: number, bytes: Uint8Array): this {
    this.varint(number * 8 + 2).varint(bytes.length)
    this.room(bytes.length)
    this.bytes.set(bytes, this.size)
    this.size += bytes.length
    return this
  }

  text(number: number, value: unknown): this {
    return typeof value === 'string' && value !== '' ? this.bytesField(number, encoder.encode(value)) : this
  }

  flag(number: number, value: unknown): this {
    return value === true ? this.varint(number * 8).varint(1) : this
  }

  double(number: number, value: unknown): this {
    if (typeof value !== 'number') return this
    const bytes = new Uint8Array(8)
    new DataView(bytes.buffer).setFloat64(0, value, true)
    this.varint(number * 8 + 1).room(8)
    this.bytes.set(bytes, this.size)
    this.size += 8
    return this
  }

  count(number: number, value: unknown): this {
    return typeof value === 'number' && value > 0 ? this.varint(number * 8).varint(value) : this
  }

  message(number: number, write: (inner: Writer) => void): this {
    const inner = new Writer()
    write(inner)
    return this.bytesField(number, inner.done())
  }

  each<T>(number: number, values: unknown, write: (inner: Writer, value: T) => void): this {
    for (const value of Array.isArray(values) ? (values as T[]) : [])
      this.message(number, (inner) => write(inner, value))
    return this
  }
}

/** Any { yaml }: JSON is YAML. */
const any = (writer: Writer, value: unknown): void => void writer.text(2, JSON.stringify(value))

const namedSchema = (writer: Writer, [name, value]: [string, Schema]): void =>
  void writer.text(1, name).message(2, (inner) => schema(inner, value))

/** vendor_extension: NamedAny { name, value }. */
function extensions(writer: Writer, number: number, from: Schema): void {
  for (const [name, value] of Object.entries(from))
    if (name.startsWith('x-')) writer.message(number, (inner) => inner.text(1, name).message(2, (at) => any(at, value)))
}

function additional(writer: Writer, value: unknown): void {
  if (typeof value === 'boolean') writer.flag(2, value)
  else writer.message(1, (inner) => schema(inner, value as Schema))
}

function schema(writer: Writer, from: Schema): void {
  writer.text(1, from.$ref).text(2, from.format).text(3, from.title).text(4, from.description)
  if (from.default !== undefined) writer.message(5, (inner) => any(inner, from.default))
  writer.double(7, from.maximum).flag(8, from.exclusiveMaximum).double(9, from.minimum).flag(10, from.exclusiveMinimum)
  writer.count(11, from.maxLength).count(12, from.minLength).text(13, from.pattern)
  writer.count(14, from.maxItems).count(15, from.minItems).flag(16, from.uniqueItems)
  for (const name of (from.required as string[] | undefined) ?? []) writer.text(19, name)
  writer.each(20, from.enum, any)
  if (from.additionalProperties !== undefined)
    writer.message(21, (inner) => additional(inner, from.additionalProperties))
  if (typeof from.type === 'string') writer.message(22, (inner) => inner.text(1, from.type))
  if (from.items !== undefined)
    writer.message(23, (inner) => inner.message(1, (item) => schema(item, from.items as Schema)))
  writer.each(24, from.allOf, schema)
  if (from.properties !== undefined)
    writer.message(
      25,
      (inner) => void inner.each(1, Object.entries(from.properties as Record<string, Schema>), namedSchema),
    )
  extensions(writer, 31, from)
}

/** NonBodyParameter: the place decides which message it is. */
const PLACES: Record<string, { number: number; type: number }> = {
  query: { number: 3, type: 6 },
  path: { number: 4, type: 5 },
}

function parameter(writer: Writer, from: Schema): void {
  if (from.in === 'body') return void writer.message(1, (body) => bodyParameter(body, from))
  const place = PLACES[String(from.in)]
  if (place === undefined) return
  writer.message(2, (outer) =>
    outer.message(place.number, (inner) => {
      inner.flag(1, from.required).text(2, from.in).text(3, from.description).text(4, from.name)
      inner.text(place.type, from.type)
    }),
  )
}

function bodyParameter(writer: Writer, from: Schema): void {
  writer.text(2, 'body').text(3, 'body').flag(4, from.required)
  writer.message(5, (inner) => schema(inner, from.schema as Schema))
}

const parameterItem = (writer: Writer, from: Schema): void => void writer.message(1, (inner) => parameter(inner, from))

function operation(writer: Writer, from: Schema): void {
  for (const tag of (from.tags as string[] | undefined) ?? []) writer.text(1, tag)
  writer.text(5, from.operationId).each(8, from.parameters, parameterItem)
  writer.message(9, (inner) => void inner.each(1, Object.entries(from.responses as Record<string, Schema>), response))
  extensions(writer, 13, from)
}

/** NamedResponseValue { name, ResponseValue { Response { description, SchemaItem { schema } } } }. */
function response(writer: Writer, [code, from]: [string, Schema]): void {
  writer.text(1, code).message(2, (value) =>
    value.message(1, (inner) => {
      inner.text(1, from.description)
      if (from.schema !== undefined)
        inner.message(2, (item) => item.message(1, (at) => schema(at, from.schema as Schema)))
    }),
  )
}

const METHODS: [name: string, number: number][] = [
  ['get', 2],
  ['put', 3],
  ['post', 4],
  ['delete', 5],
  ['options', 6],
  ['head', 7],
  ['patch', 8],
]

function pathItem(writer: Writer, from: Schema): void {
  for (const [name, number] of METHODS)
    if (from[name] !== undefined) writer.message(number, (inner) => operation(inner, from[name] as Schema))
  writer.each(9, from.parameters, parameterItem)
}

const known = new WeakMap<SwaggerDocument, Uint8Array>()

/** Document { swagger, info, paths, definitions }. */
export function swaggerProtobuf(document: SwaggerDocument): Uint8Array {
  const made = known.get(document)
  if (made !== undefined) return made
  const writer = new Writer()
  writer
    .text(1, document.swagger)
    .message(2, (info) => info.text(1, document.info.title).text(2, document.info.version))
  writer.message(8, (paths) => {
    for (const [path, item] of Object.entries(document.paths))
      paths.message(2, (inner) => inner.text(1, path).message(2, (at) => pathItem(at, item)))
  })
  writer.message(9, (inner) => void inner.each(1, Object.entries(document.definitions), namedSchema))
  const bytes = writer.done()
  known.set(document, bytes)
  return bytes
}
