/** Resources inside of resources have a kind and metadata too. Models apiextensions-apiserver pkg/apiserver/schema/objectmeta/validation.go. */
import { annotationErrors, labelErrors } from '../validation/metadata.ts'
import { dns1123Subdomain } from '../validation/names.ts'
import { invalid, invalidAll, required } from '../validation/errors.ts'
import type { FieldError } from '../validation/errors.ts'
import { hasEmbedded } from './pruning.ts'
import { childPath, isMap, keysOf, schemaOfKey } from './schema.ts'
import type { Data, JsonSchema } from './schema.ts'

const VERSION = /^[a-z]([-a-z0-9]*[a-z0-9])?$/
const KIND = /^[a-z]([-a-z0-9]*[a-z0-9])?$/

export function embeddedErrors(schema: JsonSchema, object: Data): FieldError[] {
  return hasEmbedded(schema) ? walk(schema, object, '', true) : []
}

function walk(schema: JsonSchema, value: unknown, path: string, isRoot: boolean): FieldError[] {
  if (Array.isArray(value)) {
    const { items } = schema
    return items === undefined ? [] : value.flatMap((one, i) => walk(items, one, `${path}[${i}]`, false))
  }
  if (!isMap(value)) return []
  const own = !isRoot && schema['x-kubernetes-embedded-resource'] === true ? resourceErrors(value, path) : []
  const below = keysOf(value).flatMap((key) => {
    const child = schemaOfKey(schema, key)
    return child === undefined ? [] : walk(child, value[key], childPath(path, key), false)
  })
  return [...own, ...below]
}

function resourceErrors(value: Data, path: string): FieldError[] {
  const { apiVersion, kind, metadata } = value
  const errors: FieldError[] = []
  if (typeof apiVersion !== 'string' || apiVersion === '')
    errors.push(required(`${path}.apiVersion`, 'must not be empty'))
  else errors.push(...versionErrors(apiVersion, `${path}.apiVersion`))
  if (typeof kind !== 'string' || kind === '') errors.push(required(`${path}.kind`, 'must not be empty'))
  else if (!KIND.test(kind.toLowerCase()))
    errors.push(invalid(`${path}.kind`, kind, `may have mixed case, but should otherwise match: ${DNS1035}`))
  return isMap(metadata) ? [...errors, ...metadataErrors(metadata, `${path}.metadata`)] : errors
}

const DNS1035 =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"

function versionErrors(apiVersion: string, field: string): FieldError[] {
  const parts = apiVersion.split('/')
  if (parts.length > 2) return [invalid(field, apiVersion, `unexpected GroupVersion string: ${apiVersion}`)]
  const version = parts[parts.length - 1] as string
  return VERSION.test(version) ? [] : [invalid(field, apiVersion, `version part ${JSON.stringify(version)} ${DNS1035}`)]
}

function metadataErrors({ name, labels, annotations }: Data, path: string): FieldError[] {
  const named = typeof name === 'string' && name !== '' ? invalidAll(`${path}.name`, name, dns1123Subdomain(name)) : []
  return [...named, ...labelErrors(`${path}.labels`, labels), ...annotationErrors(`${path}.annotations`, annotations)]
}
