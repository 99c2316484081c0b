import type { PlainObject } from '../decode.ts'
import { asObject } from '../defaults/table.ts'
import { invalid, notSupported, required } from './errors.ts'
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

function signerErrors(name: unknown): FieldError[] {
  if (typeof name !== 'string' || name === '') return [required('spec.signerName')]
  if (name.includes('/')) return []
  const text = "must be a fully qualified domain and path of the form 'example.com/signer-name'"
  return [invalid('spec.signerName', name, text)]
}

/** Models ValidateCertificateSigningRequestCreate. Not modelled: what stands in the request itself. */
export function validateCertificateSigningRequest(object: PlainObject): FieldError[] {
  const spec = asObject(object.spec)
  const given = (spec.usages as string[] | undefined) ?? []
  const seconds = spec.expirationSeconds
  const short = typeof seconds === 'number' && seconds < MIN_SECONDS
  return [
    ...(given.length === 0 ? [required('spec.usages')] : []),
    ...given.flatMap((usage, i) => (usages.includes(usage) ? [] : [notSupported(`spec.usages[${i}]`, usage, usages)])),
    ...signerErrors(spec.signerName),
    ...(short
      ? [invalid('spec.expirationSeconds', seconds, 'may not specify a duration less than 600 seconds (10 minutes)')]
      : []),
  ]
}
