/** Distinguished names. Models crypto/x509/pkix (Name, ToRDNSequence) and OpenSSL's one-line form. */
import { childrenOf, goString, oid, readOid, readString, sequence, setOf, utf8String } from './der.ts'
import type { Der } from './der.ts'

export interface Attribute {
  /** Dotted. */
  type: string
  value: string
}

/** Relative distinguished names from the root on; most have one attribute. */
export type Name = Attribute[][]

/** Short and long names as OpenSSL has them. */
export const ATTRIBUTES: Record<string, { short: string; long: string; limit?: number; ia5?: true }> = {
  '2.5.4.3': { short: 'CN', long: 'commonName', limit: 64 },
  '2.5.4.4': { short: 'SN', long: 'surname' },
  '2.5.4.5': { short: 'serialNumber', long: 'serialNumber' },
  '2.5.4.6': { short: 'C', long: 'countryName', limit: 2 },
  '2.5.4.7': { short: 'L', long: 'localityName' },
  '2.5.4.8': { short: 'ST', long: 'stateOrProvinceName' },
  '2.5.4.9': { short: 'street', long: 'streetAddress' },
  '2.5.4.10': { short: 'O', long: 'organizationName', limit: 64 },
  '2.5.4.11': { short: 'OU', long: 'organizationalUnitName', limit: 64 },
  '2.5.4.12': { short: 'title', long: 'title' },
  '2.5.4.17': { short: 'postalCode', long: 'postalCode' },
  '2.5.4.42': { short: 'GN', long: 'givenName' },
  '0.9.2342.19200300.100.1.1': { short: 'UID', long: 'userId' },
  '0.9.2342.19200300.100.1.25': { short: 'DC', long: 'domainComponent', ia5: true },
  '1.2.840.113549.1.9.1': { short: 'emailAddress', long: 'emailAddress', ia5: true },
}

export const COMMON_NAME = '2.5.4.3'
export const ORGANIZATION = '2.5.4.10'
export const SERIAL_NUMBER = '2.5.4.5'

/** The order in which Go writes a name. */
const GO_ORDER = [
  '2.5.4.6',
  ORGANIZATION,
  '2.5.4.11',
  '2.5.4.7',
  '2.5.4.8',
  '2.5.4.9',
  '2.5.4.17',
  COMMON_NAME,
  SERIAL_NUMBER,
]

/** The dotted type of `CN`, `commonName`, `O` …; undefined when OpenSSL would not know it. */
export function attributeType(name: string): string | undefined {
  if (/^\d+(\.\d+)+$/.test(name)) return name
  const wanted = name.toUpperCase()
  return Object.entries(ATTRIBUTES).find(
    ([, { short, long }]) => short.toUpperCase() === wanted || long.toUpperCase() === wanted,
  )?.[0]
}

export const valuesOf = (name: Name, type: string): string[] =>
  name.flatMap((set) => set.filter((one) => one.type === type).map(({ value }) => value))

/** The last one, as Go takes it; '' without one. */
export const commonNameOf = (name: Name): string => valuesOf(name, COMMON_NAME).at(-1) ?? ''
export const organizationsOf = (name: Name): string[] => valuesOf(name, ORGANIZATION)

export function goName(commonName: string, organizations: readonly string[] = []): Name {
  const sets = organizations.length === 0 ? [] : [organizations.map((value) => ({ type: ORGANIZATION, value }))]
  return commonName === '' ? sets : [...sets, [{ type: COMMON_NAME, value: commonName }]]
}

/** The name as Go writes it anew: in its own order, equal types in one set, other types left out. */
export function reorderedByGo(name: Name): Name {
  return GO_ORDER.flatMap((type) => {
    const values = valuesOf(name, type)
    if (values.length === 0) return []
    const once = type === COMMON_NAME || type === SERIAL_NUMBER ? values.slice(-1) : values
    return [once.map((value) => ({ type, value }))]
  })
}

/** `go`: PrintableString where it can be; `openssl`: UTF8String, but for countries. */
export function makeName(name: Name, style: 'go' | 'openssl' = 'go'): Uint8Array {
  const text = (type: string, value: string): Uint8Array =>
    style === 'go' || type === '2.5.4.6' ? goString(value) : utf8String(value)
  return sequence(...name.map((set) => setOf(set.map(({ type, value }) => sequence(oid(type), text(type, value))))))
}

/** Throws DerError. */
export function parseName(der: Der): Name {
  return childrenOf(der).map((set) =>
    childrenOf(set).map((pair) => {
      const [type, value] = childrenOf(pair) as [Der, Der]
      return { type: readOid(type), value: readString(value) }
    }),
  )
}

/** `O = devs, CN = jane`, as OpenSSL 3.0 prints it; `'='` joins pairs without spaces as `-nameopt RFC2253` does. */
export function nameText(name: Name, equals = ' = ', comma = ', ', plus = ' + '): string {
  return name
    .map((set) =>
      set.map(({ type, value }) => `${ATTRIBUTES[type]?.short ?? type}${equals}${escaped(value)}`).join(plus),
    )
    .join(comma)
}

/** RFC 2253's escapes, and bytes beyond ASCII as \XX. */
function escaped(value: string): string {
  const special = /[,+"\\<>;]/.test(value) || /^[# ]|( $)/.test(value)
  const ascii = [...new TextEncoder().encode(value)]
    .map((byte) =>
      byte < 0x20 || byte > 0x7e ? `\\${byte.toString(16).toUpperCase().padStart(2, '0')}` : String.fromCharCode(byte),
    )
    .join('')
  if (!special) return ascii
  return `"${ascii.replaceAll(/["]/g, '\\"')}"`
}
