/** Models apiextensions-apiserver pkg/apis/apiextensions/validation/validation.go and pkg/apihelpers (approval of protected groups). */
import type { PlainObject } from '../decode.ts'
import { minorOf } from '../kinds.ts'
import { schemaProblems } from '../structural/structural.ts'
import type { JsonSchema } from '../structural/schema.ts'
import type {
  CustomResourceColumnDefinition,
  CustomResourceConversion,
  CustomResourceDefinition,
  CustomResourceDefinitionNames,
  CustomResourceDefinitionSpec,
  CustomResourceDefinitionVersion,
  CustomResourceSubresources,
} from '../types.gen.ts'
import { forbidden, invalid, oneOf, required } from './errors.ts'
import type { FieldError, ValidationContext } from './errors.ts'
import { dns1035Label, dns1123Subdomain } from './names.ts'

const APPROVED = 'api-approved.kubernetes.io'
const SEE = 'see https://github.com/kubernetes/enhancements/pull/1111'

export const MISSING_APPROVAL = `protected groups must have approval annotation "${APPROVED}", ${SEE}`
export const WRONG_APPROVAL = `protected groups must have approval annotation "${APPROVED}" with either a URL or a reason starting with "unapproved", ${SEE}`

/** Groups that Kubernetes itself may only use after a review. */
export const isProtectedGroup = (group: string): boolean => /(^|\.)(k8s|kubernetes)\.io$/.test(group)

export interface Approval {
  state: 'missing' | 'unapproved' | 'approved' | 'invalid'
  value: string
}

export function approvalOf(annotations: Record<string, string> | undefined): Approval {
  const value = annotations?.[APPROVED] ?? ''
  if (value === '') return { state: 'missing', value }
  if (value.startsWith('unapproved')) return { state: 'unapproved', value }
  return { state: /^[a-z][a-z0-9+.-]*:\/\/[^/\s]+/i.test(value) ? 'approved' : 'invalid', value }
}

function approvalErrors({ spec, metadata }: CustomResourceDefinition, old?: CustomResourceDefinition): FieldError[] {
  if (!isProtectedGroup(spec.group ?? '')) return []
  const { state, value } = approvalOf(metadata.annotations)
  if (old !== undefined && approvalOf(old.metadata.annotations).state === state) return []
  const field = `metadata.annotations[${APPROVED}]`
  if (state === 'invalid') return [invalid(field, value, WRONG_APPROVAL)]
  return state === 'missing' ? [required(field, MISSING_APPROVAL)] : []
}

const named = (field: string, name: string, prefix = '', text = name): FieldError[] => {
  const wrong = name === '' ? [] : dns1035Label(text)
  return wrong.length === 0 ? [] : [invalid(field, name, prefix + wrong.join(','))]
}

const MIXED = 'may have mixed case, but should otherwise match: '

function namesErrors(names: Partial<CustomResourceDefinitionNames>, path: string): FieldError[] {
  const { plural = '', singular = '', kind = '', listKind = '', shortNames = [], categories = [] } = names
  return [
    ...named(`${path}.plural`, plural),
    ...named(`${path}.singular`, singular),
    ...named(`${path}.kind`, kind, MIXED, kind.toLowerCase()),
    ...named(`${path}.listKind`, listKind, MIXED, listKind.toLowerCase()),
    ...shortNames.flatMap((name, i) => named(`${path}.shortNames[${i}]`, name)),
    ...(kind !== '' && kind === listKind
      ? [invalid(`${path}.listKind`, listKind, 'kind and listKind may not be the same')]
      : []),
    ...categories.flatMap((name, i) => named(`${path}.categories[${i}]`, name)),
  ]
}

function groupErrors(group: string): FieldError[] {
  if (group === '') return [required('spec.group')]
  const wrong = dns1123Subdomain(group)
  if (wrong.length > 0) return [invalid('spec.group', group, wrong.join(','))]
  return group.includes('.') ? [] : [invalid('spec.group', group, 'should be a domain with at least one dot')]
}

const COLUMN_TYPES = ['boolean', 'date', 'integer', 'number', 'string']
const COLUMN_FORMATS = ['byte', 'date', 'date-time', 'double', 'float', 'int32', 'int64', 'password']

function columnErrors(column: Partial<CustomResourceColumnDefinition>, path: string): FieldError[] {
  const { name = '', type = '', format = '', jsonPath = '' } = column
  const wanted = `must be one of ${COLUMN_TYPES.join(',')}`
  const errors: FieldError[] = []
  if (name === '') errors.push(required(`${path}.name`))
  if (type === '') errors.push(required(`${path}.type`, wanted))
  else if (!COLUMN_TYPES.includes(type)) errors.push(invalid(`${path}.type`, type, wanted))
  if (format !== '' && !COLUMN_FORMATS.includes(format))
    errors.push(invalid(`${path}.format`, format, `must be one of ${COLUMN_FORMATS.join(',')}`))
  if (jsonPath === '') errors.push(required(`${path}.jsonPath`))
  else errors.push(...simplePathErrors(jsonPath, `${path}.jsonPath`))
  return errors
}

function simplePathErrors(text: string, path: string): FieldError[] {
  return text.startsWith('.') ? [] : [invalid(path, text, 'must be a simple json path starting with .')]
}

function subresourceErrors(subresources: CustomResourceSubresources | undefined, path: string): FieldError[] {
  const { scale } = subresources ?? {}
  if (scale === undefined) return []
  const { specReplicasPath = '', statusReplicasPath = '', labelSelectorPath = '' } = scale
  const under = (field: string, text: string, roots: string[], why: string): FieldError[] => {
    if (text === '') return [required(`${path}.scale.${field}`)]
    const wrong = simplePathErrors(text, `${path}.scale.${field}`)
    if (wrong.length > 0) return wrong
    return roots.some((root) => text.startsWith(root)) ? [] : [invalid(`${path}.scale.${field}`, text, why)]
  }
  return [
    ...under('specReplicasPath', specReplicasPath, ['.spec.'], 'should be a json path under .spec'),
    ...under('statusReplicasPath', statusReplicasPath, ['.status.'], 'should be a json path under .status'),
    ...(labelSelectorPath === ''
      ? []
      : under(
          'labelSelectorPath',
          labelSelectorPath,
          ['.spec.', '.status.'],
          'should be a json path under either .spec or .status',
        )),
  ]
}

/** What a root schema may say beside its type where the status is apart. */
const AT_ROOT = ['Description', 'Type', 'Format', 'Title', 'Maximum', 'ExclusiveMaximum', 'Minimum', 'ExclusiveMinimum', 'MaxLength', 'MinLength', 'Pattern', 'MaxItems', 'MinItems', 'UniqueItems', 'MultipleOf', 'Required', 'Items', 'Properties', 'ExternalDocs', 'Example', 'XPreserveUnknownFields', 'XValidations'] // prettier-ignore

const goName = (field: string): string =>
  field.startsWith('x-kubernetes-')
    ? `X${field.slice('x-kubernetes-'.length).split('-').map(capital).join('')}`
    : capital(field)
const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1)

function rootErrors(schema: JsonSchema, path: string, hasStatus: boolean): FieldError[] {
  const errors: FieldError[] = []
  if (hasStatus) {
    if (schema.type !== undefined && schema.type !== 'object')
      errors.push(
        invalid(
          `${path}.type`,
          schema.type,
          'only "object" is allowed as the type at the root of the schema if the status subresource is enabled',
        ),
      )
    else if (Object.keys(schema).some((field) => !AT_ROOT.includes(goName(field))))
      errors.push(
        invalid(
          path,
          schema,
          `only [${AT_ROOT.join(' ')}] fields are allowed at the root of the schema if the status subresource is enabled`,
        ),
      )
  }
  if (schema.nullable === true) errors.push(forbidden(`${path}.nullable`, 'nullable cannot be true at the root'))
  return errors
}

const DEPRECATION_MAX = 256

function deprecationErrors(
  { deprecated, deprecationWarning: text }: CustomResourceDefinitionVersion,
  path: string,
): FieldError[] {
  if (text === undefined) return []
  const field = `${path}.deprecationWarning`
  if (deprecated !== true) return [invalid(field, text, 'can only be set for deprecated versions')]
  if (text.length > DEPRECATION_MAX)
    return [invalid(field, text, `must be <= ${DEPRECATION_MAX} characters, got ${text.length}`)]
  if (text === '') return [invalid(field, text, 'must not be an empty string')]
  const bad = [...text].findIndex((one) => /[\u0000-\u001f\u007f]/.test(one))
  return bad < 0
    ? []
    : [
        invalid(
          field,
          text,
          `must only contain printable UTF-8 characters; non-printable character found at index ${bad}`,
        ),
      ]
}

function selectableErrors(version: CustomResourceDefinitionVersion, path: string): FieldError[] {
  const fields = version.selectableFields ?? []
  const seen = new Set<string>()
  const errors: FieldError[] = []
  fields.forEach(({ jsonPath = '' }, i) => {
    const at = `${path}.selectableFields[${i}].jsonPath`
    if (jsonPath === '') return errors.push(required(at))
    if (!jsonPath.startsWith('.'))
      return errors.push(invalid(at, jsonPath, 'must be a simple json path starting with .'))
    if (seen.has(jsonPath)) return errors.push({ type: 'Duplicate', field: at, badValue: jsonPath, detail: '' })
    seen.add(jsonPath)
    if (jsonPath.startsWith('.metadata'))
      return errors.push(invalid(at, jsonPath, 'must not point to fields in metadata'))
    const problem = selectableProblem(version.schema?.openAPIV3Schema as JsonSchema | undefined, jsonPath)
    return problem === undefined ? 0 : errors.push(invalid(at, jsonPath, problem))
  })
  if (fields.length > 8)
    errors.push({
      type: 'TooMany',
      field: `${path}.selectableFields`,
      badValue: fields.length,
      detail: 'must have at most 8 items',
    })
  return errors
}

/** A selector compares texts, numbers and booleans. */
function selectableProblem(schema: JsonSchema | undefined, jsonPath: string): string | undefined {
  let node = schema
  for (const step of jsonPath.slice(1).split('.')) node = node?.properties?.[step]
  if (node === undefined) return 'does not refer to a valid field'
  return ['string', 'integer', 'boolean'].includes(node.type ?? '') && node.nullable !== true
    ? undefined
    : 'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.'
}

function versionErrors(version: CustomResourceDefinitionVersion, path: string, ctx: Context): FieldError[] {
  const schema = version.schema?.openAPIV3Schema as JsonSchema | undefined
  const at = `${path}.schema.openAPIV3Schema`
  const wrong = version.name === undefined ? [] : dns1035Label(version.name)
  return [
    ...(wrong.length === 0 ? [] : [invalid(`${path}.name`, version.name, wrong.join(','))]),
    ...deprecationErrors(version, path),
    ...(schema === undefined
      ? []
      : [
          ...rootErrors(schema, at, version.subresources?.status !== undefined),
          ...schemaProblems(schema, at, ctx.minor, ctx.preserves),
        ]),
    ...subresourceErrors(version.subresources, `${path}.subresources`),
    ...(version.additionalPrinterColumns ?? []).flatMap((column, i) =>
      columnErrors(column, `${path}.additionalPrinterColumns[${i}]`),
    ),
    ...selectableErrors(version, path),
  ]
}

interface Context {
  minor: number
  preserves: boolean
}

function versionsErrors(spec: CustomResourceDefinitionSpec, minor: number): FieldError[] {
  const versions = spec.versions ?? []
  const preserves = spec.preserveUnknownFields === true
  const errors: FieldError[] = []
  if (!preserves)
    versions.forEach(({ schema }, i) => {
      if (schema?.openAPIV3Schema === undefined)
        errors.push(required(`spec.versions[${i}].schema.openAPIV3Schema`, 'schemas are required'))
    })
  errors.push(...versions.flatMap((version, i) => versionErrors(version, `spec.versions[${i}]`, { minor, preserves })))
  if (new Set(versions.map(({ name }) => name)).size < versions.length)
    errors.push(invalid('spec.versions', versions, 'must contain unique version names'))
  if (versions.filter(({ storage }) => storage).length !== 1)
    errors.push(invalid('spec.versions', versions, 'must have exactly one version marked as storage version'))
  return errors
}

function conversionErrors(conversion: CustomResourceConversion | undefined): FieldError[] {
  if (conversion === undefined) return []
  const { strategy, webhook } = conversion
  const errors = oneOf('spec.conversion.strategy', strategy, ['None', 'Webhook'])
  if (strategy !== 'Webhook') {
    const why = 'should not be set when strategy is not set to Webhook'
    if (webhook?.clientConfig !== undefined) errors.push(forbidden('spec.conversion.webhookClientConfig', why))
    if ((webhook?.conversionReviewVersions ?? []).length > 0)
      errors.push(forbidden('spec.conversion.conversionReviewVersions', why))
    return errors
  }
  return [...errors, ...webhookErrors(webhook ?? ({} as NonNullable<typeof webhook>))]
}

function webhookErrors({
  clientConfig,
  conversionReviewVersions = [],
}: NonNullable<CustomResourceConversion['webhook']>): FieldError[] {
  const errors: FieldError[] = []
  const at = 'spec.conversion.webhookClientConfig'
  if (clientConfig === undefined) errors.push(required(at, 'required when strategy is set to Webhook'))
  else if ((clientConfig.url === undefined) === (clientConfig.service === undefined))
    errors.push(required(at, 'exactly one of url or service is required'))
  if (conversionReviewVersions.length === 0) errors.push(required('spec.conversion.conversionReviewVersions'))
  else if (!conversionReviewVersions.some((version) => version === 'v1' || version === 'v1beta1'))
    errors.push(
      invalid(
        'spec.conversion.conversionReviewVersions',
        conversionReviewVersions,
        'must include at least one of v1, v1beta1',
      ),
    )
  return errors
}

function specErrors(spec: CustomResourceDefinitionSpec, minor: number): FieldError[] {
  const { group = '', scope, names = {} as CustomResourceDefinitionNames } = spec
  const missing = (['plural', 'singular', 'kind', 'listKind'] as const).filter((field) => (names[field] ?? '') === '')
  return [
    ...groupErrors(group),
    ...oneOf('spec.scope', scope, ['Cluster', 'Namespaced']),
    ...versionsErrors(spec, minor),
    ...missing.map((field) => required(`spec.names.${field}`)),
    ...namesErrors(names, 'spec.names'),
    ...conversionErrors(spec.conversion),
  ]
}

function storedErrors({ spec, status }: CustomResourceDefinition): FieldError[] {
  const stored = status?.storedVersions ?? []
  const field = 'status.storedVersions'
  if (stored.length === 0) return [invalid(field, stored, 'must have at least one stored version')]
  const names = (spec.versions ?? []).map(({ name }) => name)
  const missing = stored.flatMap((name, i) =>
    names.includes(name) ? [] : [invalid(`${field}[${i}]`, name, missingText(name))],
  )
  const storage = (spec.versions ?? []).find((version) => version.storage)?.name
  if (storage === undefined || stored.includes(storage)) return missing
  return [...missing, invalid(field, stored, `must have the storage version ${storage}`)]
}

const missingText = (name: string): string =>
  `missing from spec.versions; ${name} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${name} and removes ${name} from status.storedVersions`

function preserveErrors({ spec }: CustomResourceDefinition, old?: CustomResourceDefinition): FieldError[] {
  if (spec.preserveUnknownFields !== true || old?.spec.preserveUnknownFields === true) return []
  const why = 'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead'
  return [invalid('spec.preserveUnknownFields', true, why)]
}

const asDefinition = (object: PlainObject): CustomResourceDefinition => object as unknown as CustomResourceDefinition

export function validateDefinition(object: PlainObject, { release, version }: ValidationContext): FieldError[] {
  const definition = asDefinition({ ...object, spec: object.spec ?? {} })
  const { metadata, spec } = definition
  const wanted = `${spec.names?.plural ?? ''}.${spec.group ?? ''}`
  return [
    ...((metadata.name ?? '') !== '' && metadata.name !== wanted
      ? [invalid('metadata.name', metadata.name, 'must be spec.names.plural+"."+spec.group')]
      : []),
    ...specErrors(spec, release === undefined ? 36 : minorOf(release)),
    ...storedErrors(definition),
    ...approvalErrors(definition),
    ...(version === 'v1beta1' ? [] : preserveErrors(definition)),
  ]
}

/** The update's own rules; `validateDefinition` is not asked again. */
export function validateDefinitionUpdate(
  object: PlainObject,
  before: PlainObject,
  { release }: ValidationContext,
): FieldError[] {
  const [definition, old] = [asDefinition({ ...object, spec: object.spec ?? {} }), asDefinition(before)]
  const established =
    old.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True') === true
  const { spec } = definition
  const fixed = (field: string, value: unknown, was: unknown): FieldError[] =>
    value === was ? [] : [invalid(field, value ?? '', 'field is immutable')]
  return [
    ...specErrors(spec, release === undefined ? 36 : minorOf(release)),
    ...(established
      ? [
          ...fixed('spec.scope', spec.scope, old.spec.scope),
          ...fixed('spec.names.kind', spec.names?.kind, old.spec.names.kind),
        ]
      : []),
    ...fixed('spec.group', spec.group, old.spec.group),
    ...fixed('spec.names.plural', spec.names?.plural, old.spec.names.plural),
    ...storedErrors(definition),
    ...approvalErrors(definition, old),
    ...preserveErrors(definition, old),
  ]
}
