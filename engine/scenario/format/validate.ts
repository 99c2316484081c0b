/** A document against the schema: ajv finds, this says it so that an author knows what to do. */
import { Ajv } from 'ajv'
import type { ErrorObject, ValidateFunction } from 'ajv'
import { isMapping } from '../match.ts'
import { LANGUAGES } from './common.ts'
import type { DocumentPath, Finding } from './problem.ts'
import { nearest } from './problem.ts'
import { scenarioSchema } from './scenario.ts'
import type { Scenario } from './scenario.ts'
import type { JsonSchema } from './schema.ts'

let compiled: ValidateFunction<Scenario> | undefined

export function validate(value: unknown): { scenario: Scenario } | { findings: Finding[] } {
  compiled ??= new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true, strict: false }).compile<Scenario>(
    scenarioSchema(),
  )
  if (compiled(value)) return { scenario: value }
  return { findings: tell(compiled.errors ?? []) }
}

function tell(errors: readonly ErrorObject[]): Finding[] {
  const findings = errors.filter((error) => isOwn(error, errors)).map(explain)
  const seen = new Set<string>()
  return findings.filter((one) => {
    const key = `${one.path.join('/')}|${one.key ?? ''}|${one.message}`
    return seen.has(key) ? false : Boolean(seen.add(key))
  })
}

/** Errors inside the branches of a choice say nothing; the choice itself does. */
function isOwn(error: ErrorObject, all: readonly ErrorObject[]): boolean {
  if (error.keyword === 'propertyNames') return false
  const inBranch = all.some(
    (other) =>
      isChoice(other) &&
      other !== error &&
      error.schemaPath.startsWith(`${other.schemaPath}/`) &&
      error.instancePath.startsWith(other.instancePath),
  )
  const unknownToo =
    isChoice(error) &&
    all.some((other) => other.keyword === 'additionalProperties' && other.instancePath === error.instancePath)
  return !inBranch && !unknownToo
}

const isChoice = (error: ErrorObject): boolean => error.keyword === 'oneOf' || error.keyword === 'anyOf'

function explain(error: ErrorObject): Finding {
  const path = parsePointer(error.instancePath)
  const tellOne = EXPLANATIONS[error.keyword]
  if (tellOne !== undefined) return { path, ...tellOne(error) }
  return { path, message: `${nameOf(path)}: ${error.message ?? 'is wrong'}`, remedy: describeSchema(error) }
}

type Told = Omit<Finding, 'path'>

const EXPLANATIONS: Record<string, (error: ErrorObject) => Told> = {
  additionalProperties: (error) => {
    const field = String(error.params['additionalProperty'])
    const known = Object.keys(((error.parentSchema as JsonSchema)['properties'] as JsonSchema | undefined) ?? {})
    const near = nearest(field, known)
    return {
      key: field,
      message: `unknown field "${field}"`,
      remedy: near === undefined ? `known here: ${known.join(', ')}` : `did you mean "${near}"?`,
    }
  },
  required: (error) => {
    const field = String(error.params['missingProperty'])
    const isLanguage = (LANGUAGES as readonly string[]).includes(field)
    const what = nameOf(parsePointer(error.instancePath))
    if (isLanguage)
      return {
        message: `${what}: missing language "${field}"`,
        remedy: `texts are given in ${LANGUAGES.join(' and ')}`,
      }
    const description = ((error.parentSchema as JsonSchema)['properties'] as Record<string, JsonSchema> | undefined)?.[
      field
    ]?.['description']
    return { message: `${what}: missing field "${field}"`, remedy: typeof description === 'string' ? description : '' }
  },
  type: (error) => ({
    message: `${nameOf(parsePointer(error.instancePath))}: expected ${nameType(String(error.params['type']))}, found ${typeOf(error.data)}`,
    remedy: describeSchema(error),
  }),
  enum: (error) => {
    const allowed = (error.params['allowedValues'] as unknown[]).map(String)
    const near = typeof error.data === 'string' ? nearest(error.data, allowed) : undefined
    return {
      message: `${nameOf(parsePointer(error.instancePath))}: ${JSON.stringify(error.data)} is not one of ${allowed.join(', ')}`,
      remedy: near === undefined ? describeSchema(error) : `did you mean "${near}"?`,
    }
  },
  pattern: (error) => ({
    message: `${nameOf(parsePointer(error.instancePath))}: ${JSON.stringify(error.data)} is not written right`,
    remedy: describeSchema(error),
  }),
  anyOf: (error) => ({
    message: `${nameOf(parsePointer(error.instancePath))}: ${typeOf(error.data)} does not fit${branchTypes(error)}`,
    remedy: describeSchema(error),
  }),
  oneOf: (error) => {
    const kinds = ((error.schema as JsonSchema[]) ?? []).map((one) =>
      String((one['required'] as string[] | undefined)?.[0]),
    )
    const present = kinds.filter((kind) => isMapping(error.data) && kind in error.data)
    const what = nameOf(parsePointer(error.instancePath))
    if (present.length > 1)
      return {
        message: `${what}: has ${present.join(' and ')}, of which only one may stand`,
        remedy: 'write one entry for each',
      }
    return { message: `${what}: says nothing of ${kinds.join(', ')}`, remedy: 'exactly one of them must stand' }
  },
}

function branchTypes(error: ErrorObject): string {
  const types = ((error.schema as JsonSchema[]) ?? [])
    .map((one) => one['type'])
    .filter((type) => typeof type === 'string')
  const numbers = types.includes('integer')
  return numbers ? ', expected a whole number' : types.length === 0 ? '' : `, expected ${nameType(String(types[0]))}`
}

const describeSchema = (error: ErrorObject): string => {
  const description = (error.parentSchema as JsonSchema | undefined)?.['description']
  return typeof description === 'string' ? description : ''
}

const TYPE_NAMES: Record<string, string> = {
  object: 'a mapping',
  array: 'a list',
  string: 'a text',
  integer: 'a whole number',
  number: 'a number',
  boolean: 'true or false',
  null: 'nothing',
}
const nameType = (type: string): string =>
  type
    .split(',')
    .map((one) => TYPE_NAMES[one] ?? one)
    .join(' or ')

function typeOf(value: unknown): string {
  if (value === null || value === undefined) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  return TYPE_NAMES[typeof value] ?? typeof value
}

function parsePointer(pointer: string): DocumentPath {
  const parts = pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
  return parts.map((part) => (/^\d+$/.test(part) ? Number(part) : part))
}

/** `spec.checks[2].points`. */
export function nameOf(path: DocumentPath): string {
  const name = path.map((part) => (typeof part === 'number' ? `[${part + 1}]` : `.${part}`)).join('')
  return name === '' ? 'the scenario' : name.replace(/^\./, '')
}
