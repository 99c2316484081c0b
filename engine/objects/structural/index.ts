/**
 * One version of a CustomResourceDefinition, ready for use: what is done to its objects on their way in and out.
 * Models apiextensions-apiserver pkg/apiserver (customresource_handler.go) and pkg/registry/customresource/strategy.go.
 */
import { UNTYPED } from '../apply/ownership-schema.ts'
import type { CustomResourceDefinition, CustomResourceDefinitionVersion } from '../types.gen.ts'
import { invalid } from '../validation/errors.ts'
import type { FieldError } from '../validation/errors.ts'
import { compileRules } from './cel.ts'
import type { RuleCheck } from './cel.ts'
import { compileTable } from './columns.ts'
import { withDefaults, withoutForeignNulls } from './defaulting.ts'
import { embeddedErrors } from './embedded.ts'
import { findAll, parseJsonPath } from './json-path.ts'
import type { JsonPath } from './json-path.ts'
import { listErrors } from './lists.ts'
import type { CustomVersion, Sieved } from './custom-version.ts'
import { ownershipOfSchema } from './ownership.ts'
import { coerceEmbedded, prune } from './pruning.ts'
import { scaleSpecErrors, scaleStatusErrors } from './scale.ts'
import type { ScalePaths } from './scale.ts'
import { isMap } from './schema.ts'
import type { Data, JsonSchema } from './schema.ts'
import { compileValidator } from './validate.ts'
import type { SchemaValidator } from './validate.ts'

export type { CustomVersion, Sieved } from './custom-version.ts'
export type { JsonSchema, ValidationRule } from './schema.ts'

const BLOCKING = new Set<FieldError['type']>(['NotSupported', 'Required', 'TooLong', 'TooMany', 'TypeInvalid'])

const UNCHECKED =
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation'

function unchecked(minor: number): FieldError {
  return { ...invalid('<nil>', null, UNCHECKED), shown: minor >= 34 ? 'null' : '"null"' }
}

interface Machinery {
  schema: JsonSchema
  validator: SchemaValidator
  rules: RuleCheck | undefined
  scale: ScalePaths | undefined
  minor: number
}

function schemaErrors(
  { schema, validator, rules, scale, minor }: Machinery,
  object: Data,
  old: Data | undefined,
  subresource: string,
): FieldError[] {
  const errors = validator(object, old)
  if (scale !== undefined) {
    if (subresource !== 'status') errors.push(...scaleSpecErrors(object, scale))
    errors.push(...scaleStatusErrors(object, scale))
  }
  errors.push(...embeddedErrors(schema, object))
  if (old === undefined || listErrors(schema, old).length === 0) errors.push(...listErrors(schema, object))
  if (rules === undefined) return errors
  if (errors.some(({ type }) => BLOCKING.has(type))) return [...errors, unchecked(minor)]
  return [...errors, ...rules(object, old)]
}

function deprecationOf(
  { spec }: CustomResourceDefinition,
  version: CustomResourceDefinitionVersion,
): string | undefined {
  if (version.deprecated !== true) return undefined
  const { group, names } = spec
  const better = spec.versions.filter(
    (one) => one.served && one.deprecated !== true && comesBefore(one.name, version.name),
  )
  const instead = better.sort((a, b) => (comesBefore(a.name, b.name) ? -1 : 1))[0]
  const text = `${group}/${version.name} ${names.kind} is deprecated`
  return (
    version.deprecationWarning ?? (instead === undefined ? text : `${text}; use ${group}/${instead.name} ${names.kind}`)
  )
}

const KUBE_VERSION = /^v(\d+)(?:(alpha|beta)(\d+))?$/

/** GA before beta before alpha, higher before lower; other names come last, in order. Models util/version/version.go. */
export function comesBefore(a: string, b: string): boolean {
  const [x, y] = [KUBE_VERSION.exec(a), KUBE_VERSION.exec(b)]
  if (x === null || y === null) return x === null && y === null ? a < b : x !== null
  const rank = ({ 2: stage }: RegExpExecArray): number => (stage === undefined ? 2 : stage === 'beta' ? 1 : 0)
  if (rank(x) !== rank(y)) return rank(x) > rank(y)
  const major = Number(x[1]) - Number(y[1])
  return major === 0 ? Number(x[3] ?? 0) > Number(y[3] ?? 0) : major > 0
}

function selectableOf({ selectableFields }: CustomResourceDefinitionVersion): Map<string, JsonPath> {
  return new Map((selectableFields ?? []).map(({ jsonPath }) => [jsonPath.replace(/^\./, ''), parseJsonPath(jsonPath)]))
}

/** The text of a selectable field. */
export function selectableText({ selectable }: CustomVersion, object: object, field: string): string {
  const path = selectable.get(field)
  const value = path === undefined ? undefined : findAll(path, object)[0]
  return value === undefined || value === null ? '' : String(value)
}

/** Makes the versions of a definition ready for use, in order of its list; `minor` is the release's. */
export function compileVersions(
  definition: CustomResourceDefinition,
  minor: number,
): ReadonlyMap<string, CustomVersion> {
  const versions = new Map<string, CustomVersion>()
  for (const version of definition.spec.versions)
    versions.set(version.name, compileVersion(definition, version, minor, versions))
  return versions
}

function compileVersion(
  definition: CustomResourceDefinition,
  version: CustomResourceDefinitionVersion,
  minor: number,
  versions: ReadonlyMap<string, CustomVersion>,
): CustomVersion {
  const schema = version.schema?.openAPIV3Schema as JsonSchema | undefined
  const preservesUnknown = definition.spec.preserveUnknownFields === true
  const { scale } = version.subresources ?? {}
  const deprecation = deprecationOf(definition, version)
  const machinery = schema && {
    schema,
    validator: compileValidator(schema, minor),
    rules: compileRules(schema, minor),
    scale,
    minor,
  }
  return {
    name: version.name,
    storedAs: definition.spec.versions.find(({ storage }) => storage)?.name ?? version.name,
    schema,
    preservesUnknown,
    table: compileTable(version.additionalPrinterColumns),
    ownership: schema === undefined || preservesUnknown ? UNTYPED : ownershipOfSchema(schema),
    hasStatus: version.subresources?.status !== undefined,
    ...(scale !== undefined && { scale }),
    selectable: selectableOf(version),
    ...(deprecation !== undefined && { deprecation }),
    conversion: definition.spec.conversion?.strategy === 'Webhook' ? 'Webhook' : 'None',
    versions,
    sieve: (object) => (schema === undefined ? { object, unknown: [] } : sieve(schema, object, preservesUnknown)),
    default: (object) => (schema === undefined ? object : (withDefaults(schema, object) as Data)),
    validate: (object, old, subresource = '') =>
      machinery === undefined ? [] : schemaErrors(machinery, object, old, subresource),
  }
}

function sieve(schema: JsonSchema, object: Data, preserves: boolean): Sieved {
  const pruned = preserves ? { object, unknown: [] } : prune(schema, object)
  const placed = preserves ? pruned.object : withoutForeignNulls(schema, pruned.object)
  const coerced = coerceEmbedded(schema, isMap(placed) ? placed : object)
  return { ...coerced, unknown: [...pruned.unknown, ...coerced.unknown] }
}
