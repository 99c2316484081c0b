/** Models pkg/apis/certificates/validation. Not modelled: what v1beta1 still let pass. */
import { isSelfSigned, parseCertificates, parsePem, parseRequestDer, REQUEST_LABEL } from '../../pki/index.ts'
import type { PlainObject } from '../decode.ts'
import { asObject } from '../defaults/table.ts'
import { duplicate, invalid, notSupported, required } from './errors.ts'
import type { FieldError } from './errors.ts'

const MIN_SECONDS = 600
const usages = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
]

const FULLY_QUALIFIED = "must be a fully qualified domain and path of the form 'example.com/signer-name'"
const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const SUBDOMAIN_TEXT =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"

/** Models ValidateSignerName. */
export function signerErrors(name: unknown, field = 'spec.signerName'): FieldError[] {
  if (typeof name !== 'string' || name === '') return [required(field)]
  const [domain = '', path, ...more] = name.split('/')
  if (path === undefined || more.length > 0) return [invalid(field, name, FULLY_QUALIFIED)]
  const errors: FieldError[] = []
  if (!SUBDOMAIN.test(domain)) errors.push(invalid(field, domain, SUBDOMAIN_TEXT))
  if (SUBDOMAIN.test(domain) && !domain.includes('.'))
    errors.push(invalid(field, name, 'should be a domain with at least two segments separated by dots'))
  const parts = path.split('.')
  if (parts.some((part) => !LABEL.test(part))) errors.push(invalid(field, path, SUBDOMAIN_TEXT))
  return errors
}

function decoded(text: unknown): string {
  try {
    return atob(typeof text === 'string' ? text : '')
  } catch {
    return ''
  }
}

/** Models ParseCSR and CheckSignature, with Go's texts. */
function requestErrors(request: unknown): FieldError[] {
  const error = (detail: string): FieldError[] => [invalid('spec.request', request ?? '', detail)]
  const [block] = parsePem(decoded(request))
  if (block === undefined || block.label !== REQUEST_LABEL) return error('PEM block type must be CERTIFICATE REQUEST')
  try {
    const parsed = parseRequestDer(block.der)
    return isSelfSigned(parsed) ? [] : error('crypto/rsa: verification error')
  } catch {
    return error("asn1: structure error: tags don't match")
  }
}

function usageErrors(given: string[]): FieldError[] {
  if (given.length === 0) return [required('spec.usages')]
  return given.flatMap((usage, i) => {
    const field = `spec.usages[${i}]`
    if (!usages.includes(usage)) return [notSupported(field, usage, usages)]
    return given.indexOf(usage) < i ? [duplicate(field, usage)] : []
  })
}

/** Models ValidateCertificateSigningRequestCreate. */
export function validateCertificateSigningRequest(object: PlainObject): FieldError[] {
  const spec = asObject(object.spec)
  const seconds = spec.expirationSeconds
  const short = typeof seconds === 'number' && seconds < MIN_SECONDS
  return [
    ...requestErrors(spec.request),
    ...usageErrors((spec.usages as string[] | undefined) ?? []),
    ...signerErrors(spec.signerName),
    ...(short
      ? [invalid('spec.expirationSeconds', seconds, 'may not specify a duration less than 600 seconds (10 minutes)')]
      : []),
  ]
}

interface Condition {
  type?: string
  status?: string
}

const conditionsOf = (object: PlainObject): Condition[] =>
  (asObject(object.status).conditions as Condition[] | undefined) ?? []

/** A decision stands: conditions of these kinds never go, and no request is both approved and denied. */
const PERMANENT = ['Approved', 'Denied', 'Failed']

function conditionErrors(object: PlainObject): FieldError[] {
  const conditions = conditionsOf(object)
  const types = conditions.map(({ type }) => type)
  return conditions.flatMap(({ type, status }, i) => {
    const at = `status.conditions[${i}]`
    const errors: FieldError[] = []
    if (type === undefined || type === '') errors.push(required(`${at}.type`))
    if (status === undefined || status === '') errors.push(required(`${at}.status`))
    else if (PERMANENT.includes(type ?? '') && status !== 'True')
      errors.push(notSupported(`${at}.status`, status, ['True']))
    if (types.indexOf(type) < i) errors.push(duplicate(`${at}.type`, type))
    const other = type === 'Denied' ? 'Approved' : type === 'Approved' ? 'Denied' : undefined
    if (other !== undefined && types.slice(0, i).includes(other))
      errors.push(invalid(`${at}.type`, type, 'Approved and Denied conditions are mutually exclusive'))
    return errors
  })
}

/** Models validateCertificateSigningRequestUpdate for `approval` and `status`. */
export function validateCertificateSigningView(
  object: PlainObject,
  old: PlainObject,
  subresource: string,
): FieldError[] {
  const [types, before] = [conditionsOf(object), conditionsOf(old)].map((list) => list.map(({ type }) => type ?? ''))
  const may = subresource === 'approval' ? ['Approved', 'Denied'] : []
  const removed = (before ?? []).filter(
    (type) => PERMANENT.includes(type) && !may.includes(type) && !types?.includes(type),
  )
  const gone = (before ?? []).filter((type) => may.includes(type) && !types?.includes(type))
  const errors = [...removed, ...gone].map((type): FieldError => ({
    type: 'Forbidden',
    field: 'status.conditions',
    detail: `updates may not remove a condition of type ${JSON.stringify(type)}`,
  }))
  return [...errors, ...certificateErrors(object, old), ...conditionErrors(object)]
}

function certificateErrors(object: PlainObject, old: PlainObject): FieldError[] {
  const [given, before] = [asObject(object.status).certificate, asObject(old.status).certificate]
  if (given === undefined || given === '') return []
  if (before !== undefined && before !== '' && before !== given)
    return [
      { type: 'Forbidden', field: 'status.certificate', detail: 'updates may not modify existing certificate content' },
    ]
  return given !== before && parseCertificates(decoded(given)).length === 0
    ? [invalid('status.certificate', given, 'must contain at least one CERTIFICATE PEM block')]
    : []
}
