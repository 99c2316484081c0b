/**
 * What stands in a request's query beside the selectors, checked before anything is done. Models apimachinery
 * pkg/apis/meta/internalversion/validation (ListOptions) and pkg/apis/meta/v1/validation (the options of writes).
 */
import type { FieldError } from '../../objects/validation/errors.ts'
import { forbidden, invalid as invalidValue, notSupported, required, tooLong } from '../../objects/validation/errors.ts'
import { inReleaseSyntax } from '../../objects/validation/go-values.ts'
import type { Core } from '../core.ts'
import type { ApiVerb, Flight } from '../flight.ts'
import { badRequest, invalid } from '../status.ts'
import type { ApiStatus } from '../status.ts'

type Query = Flight['request']['query']

const MATCHES = ['Exact', 'NotOlderThan', '']
const NEWER = 'NotOlderThan'
const MATCH = 'resourceVersionMatch'
const INITIAL = 'sendInitialEvents'
const MAX_MANAGER_BYTES = 128
const APPLY = ['application/apply-patch+yaml', 'application/apply-patch+cbor']

/** WatchList: on in 1.32, off again in 1.33, on since 1.34. */
const hasWatchList = (minor: number): boolean => minor === 32 || minor >= 34

function listErrors(query: Query): FieldError[] {
  const { resourceVersion = '', continue: token = '' } = query
  const match = query[MATCH] ?? ''
  const errors: FieldError[] = []
  if (match !== '' && resourceVersion === '')
    errors.push(forbidden(MATCH, 'resourceVersionMatch is forbidden unless resourceVersion is provided'))
  if (match !== '' && token !== '')
    errors.push(forbidden(MATCH, 'resourceVersionMatch is forbidden when continue is provided'))
  if (!MATCHES.includes(match)) errors.push(notSupported(MATCH, match, MATCHES))
  if (match === 'Exact' && resourceVersion === '0')
    errors.push(forbidden(MATCH, 'resourceVersionMatch "exact" is forbidden for resourceVersion "0"'))
  if (query[INITIAL] !== undefined) errors.push(forbidden(INITIAL, 'sendInitialEvents is forbidden for list'))
  return errors
}

function watchErrors(query: Query, minor: number): FieldError[] {
  const match = query[MATCH] ?? ''
  const isInitial = query[INITIAL] !== undefined
  const errors: FieldError[] = []
  if (isInitial && match !== NEWER)
    errors.push(forbidden(MATCH, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'))
  if (isInitial && !hasWatchList(minor))
    errors.push(
      forbidden(INITIAL, 'sendInitialEvents is forbidden for watch unless the WatchList feature gate is enabled'),
    )
  if (match === '') return errors
  if (!isInitial)
    errors.push(forbidden(MATCH, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'))
  if (match !== NEWER) errors.push(notSupported(MATCH, match, [NEWER]))
  if (query.continue) errors.push(forbidden(MATCH, 'resourceVersionMatch is forbidden when continue is provided'))
  return errors
}

/** `U+000A`, with the character itself where it can be printed. */
const codePoint = (char: string): string => `U+${char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}`

function managerErrors(manager: string): FieldError[] {
  if (manager.length <= MAX_MANAGER_BYTES && /^[ -~]*$/.test(manager)) return []
  const field = 'fieldManager'
  const bytes = new TextEncoder().encode(manager).length
  const long = bytes > MAX_MANAGER_BYTES ? [tooLong(field, MAX_MANAGER_BYTES)] : []
  const errors: FieldError[] = []
  let at = 0
  for (const char of manager) {
    if (/[\p{C}\p{Zl}\p{Zp}]/u.test(char) || (char !== ' ' && /\p{Zs}/u.test(char)))
      errors.push(invalidValue(field, manager, `invalid character ${codePoint(char)} (at position ${at})`))
    at += new TextEncoder().encode(char).length
  }
  return [...long, ...errors]
}

const dryRunErrors = (dryRun: string | undefined): FieldError[] =>
  dryRun === undefined || dryRun === 'All' ? [] : [notSupported('dryRun', [dryRun], ['All'])]

function validationErrors(mode: string | undefined): FieldError[] {
  const modes = ['', 'Ignore', 'Strict', 'Warn']
  return mode === undefined || modes.includes(mode) ? [] : [notSupported('fieldValidation', mode, modes)]
}

const writeErrors = ({ fieldManager = '', dryRun, fieldValidation }: Query): FieldError[] => [
  ...managerErrors(fieldManager),
  ...dryRunErrors(dryRun),
  ...validationErrors(fieldValidation),
]

function patchErrors(flight: Flight): FieldError[] {
  const { query, headers } = flight.request
  const media = (headers['content-type'] ?? '').split(';')[0]?.trim() ?? ''
  const isApply = APPLY.includes(media)
  const own: FieldError[] = []
  if (isApply && !query.fieldManager) own.push(required('fieldManager', 'is required for apply patch'))
  if (!isApply && query.force !== undefined) own.push(forbidden('force', 'may not be specified for non-apply patch'))
  return [...own, ...writeErrors(query)]
}

interface Options {
  kind: string
  numbers: string[]
  errors: (flight: Flight, minor: number) => FieldError[]
}

const list: Options = {
  kind: 'ListOptions',
  numbers: ['limit', 'timeoutSeconds'],
  errors: ({ request }) => listErrors(request.query),
}

const OPTIONS: Partial<Record<ApiVerb, Options>> = {
  list,
  watch: { ...list, errors: ({ request }, minor) => watchErrors(request.query, minor) },
  create: { kind: 'CreateOptions', numbers: [], errors: ({ request }) => writeErrors(request.query) },
  update: { kind: 'UpdateOptions', numbers: [], errors: ({ request }) => writeErrors(request.query) },
  patch: { kind: 'PatchOptions', numbers: [], errors: patchErrors },
  delete: {
    kind: 'DeleteOptions',
    numbers: ['gracePeriodSeconds'],
    errors: ({ request }) => dryRunErrors(request.query.dryRun),
  },
  deletecollection: { ...list, numbers: [...list.numbers, 'gracePeriodSeconds'] },
}

/** Errors of options as `ListOptions.meta.k8s.io "" is invalid` shows them. */
export const invalidOptions = (core: Core, kind: string, errors: FieldError[]): ApiStatus =>
  invalid({ group: 'meta.k8s.io', kind }, '', inReleaseSyntax(errors, { release: core.release }))

/** What is wrong with a request's options; undefined: nothing. */
export function optionsProblem(core: Core, flight: Flight): ApiStatus | undefined {
  const options = OPTIONS[flight.info.verb]
  if (options === undefined) return undefined
  const { query } = flight.request
  const wrong = options.numbers.find((name) => query[name] !== undefined && !/^[-+]?\d+$/.test(query[name]))
  if (wrong !== undefined)
    return badRequest(`strconv.ParseInt: parsing ${JSON.stringify(query[wrong])}: invalid syntax`)
  const errors = options.errors(flight, core.minor)
  return errors.length === 0 ? undefined : invalidOptions(core, options.kind, errors)
}
