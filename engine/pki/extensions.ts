/** The extensions of certificates and requests that Kubernetes and OpenSSL use. Models RFC 5280, 4.2. */
import { concat, fromUtf8, toUtf8 } from './bytes.ts'
import {
  bits,
  boolean,
  childrenOf,
  DerError,
  integer,
  makeDer,
  octets,
  oid,
  parseDer,
  readBits,
  readInteger,
} from './der.ts'
import { readOid, sequence, TAG, tagged, taggedPrimitive } from './der.ts'
import type { Der } from './der.ts'

export const EXTENSION = {
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyId: '2.5.29.35',
  extKeyUsage: '2.5.29.37',
} as const

export interface Extension {
  id: string
  critical: boolean
  value: Uint8Array
}

/** In the order of their bits. */
export const KEY_USAGES = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
] as const
export type KeyUsage = (typeof KEY_USAGES)[number]

export const EXT_KEY_USAGES = {
  anyExtendedKeyUsage: '2.5.29.37.0',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  codeSigning: '1.3.6.1.5.5.7.3.3',
  emailProtection: '1.3.6.1.5.5.7.3.4',
  ipsecEndSystem: '1.3.6.1.5.5.7.3.5',
  ipsecTunnel: '1.3.6.1.5.5.7.3.6',
  ipsecUser: '1.3.6.1.5.5.7.3.7',
  timeStamping: '1.3.6.1.5.5.7.3.8',
  OCSPSigning: '1.3.6.1.5.5.7.3.9',
  msSGC: '1.3.6.1.4.1.311.10.3.3',
  nsSGC: '2.16.840.1.113730.4.1',
} as const
export type ExtKeyUsage = keyof typeof EXT_KEY_USAGES

export interface AltNames {
  dns: string[]
  /** As text. */
  ips: string[]
  emails: string[]
  uris: string[]
}

export const NO_ALT_NAMES: AltNames = { dns: [], ips: [], emails: [], uris: [] }

/** What of a certificate's extensions is understood. */
export interface ExtensionFacts {
  keyUsages?: KeyUsage[]
  /** Dotted. */
  extKeyUsages: string[]
  basicConstraints?: { ca: boolean; pathLength?: number }
  subjectKeyId?: Uint8Array
  authorityKeyId?: Uint8Array
  altNames: AltNames
}

export function keyUsageExtension(usages: readonly KeyUsage[], critical = true): Extension {
  let mask = 0
  for (const usage of usages) mask |= 0x8000 >> KEY_USAGES.indexOf(usage)
  const bytes = (mask & 0xff) === 0 ? [mask >> 8] : [mask >> 8, mask & 0xff]
  let unused = 0
  while (unused < 7 && (((bytes.at(-1) as number) >> unused) & 1) === 0) unused++
  return { id: EXTENSION.keyUsage, critical, value: bits(Uint8Array.from(bytes), unused) }
}

/** `usages` are dotted. */
export function extKeyUsageExtension(usages: readonly string[], critical = false): Extension {
  return { id: EXTENSION.extKeyUsage, critical, value: sequence(...usages.map(oid)) }
}

export function basicConstraintsExtension(ca: boolean, pathLength?: number, critical = true): Extension {
  const length = pathLength === undefined ? [] : [integer(pathLength)]
  return { id: EXTENSION.basicConstraints, critical, value: sequence(...(ca ? [boolean(true)] : []), ...length) }
}

export const subjectKeyIdExtension = (keyId: Uint8Array): Extension => ({
  id: EXTENSION.subjectKeyId,
  critical: false,
  value: octets(keyId),
})

export const authorityKeyIdExtension = (keyId: Uint8Array): Extension => ({
  id: EXTENSION.authorityKeyId,
  critical: false,
  value: sequence(taggedPrimitive(0, keyId)),
})

/** A general name and the order it has in the list. */
export type GeneralName = { kind: 'dns' | 'ip' | 'email' | 'uri'; value: string }

const GENERAL_TAGS = { email: 1, dns: 2, uri: 6, ip: 7 } as const

/** The list in the order given; an address must be one. */
export function altNamesExtension(names: readonly GeneralName[], critical = false): Extension {
  const values = names.map(({ kind, value }) =>
    taggedPrimitive(GENERAL_TAGS[kind], kind === 'ip' ? addressBytes(value) : toUtf8(value)),
  )
  return { id: EXTENSION.subjectAltName, critical, value: sequence(...values) }
}

/** DNS names, e-mail addresses, addresses, URIs: the order of Go. */
export function goAltNames({ dns, ips, emails, uris }: AltNames): GeneralName[] {
  const list = (kind: GeneralName['kind'], values: string[]): GeneralName[] => values.map((value) => ({ kind, value }))
  return [...list('dns', dns), ...list('email', emails), ...list('ip', ips), ...list('uri', uris)]
}

export const isAddress = (text: string): boolean =>
  /^\d{1,3}(\.\d{1,3}){3}$/.test(text) || (/^[\da-f:.]+$/i.test(text) && text.includes(':'))

export function addressBytes(text: string): Uint8Array {
  if (!text.includes(':')) return Uint8Array.from(text.split('.').map(Number))
  const [head = '', tail] = text.split('::')
  const groups = (part: string): number[] =>
    part === ''
      ? []
      : part.split(':').flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255])
  const [before, after] = [groups(head), groups(tail ?? '')]
  return Uint8Array.from([...before, ...new Array<number>(16 - before.length - after.length).fill(0), ...after])
}

export function addressText(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.')
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((bytes[i * 2] ?? 0) << 8) | (bytes[i * 2 + 1] ?? 0)).toString(16),
  )
  const longest = [...groups.join(':').matchAll(/\b0(?::0)+\b/g)].sort((a, b) => b[0].length - a[0].length)[0]
  if (longest === undefined) return groups.join(':')
  const text = groups.join(':')
  return `${text.slice(0, longest.index).replace(/:$/, '')}::${text.slice(longest.index + longest[0].length).replace(/^:/, '')}`
}

/** SEQUENCE OF Extension. */
export function makeExtensions(extensions: readonly Extension[]): Uint8Array {
  return sequence(
    ...extensions.map(({ id, critical, value }) =>
      sequence(oid(id), ...(critical ? [boolean(true)] : []), octets(value)),
    ),
  )
}

/** Throws DerError. */
export function parseExtensions(list: Der): Extension[] {
  return childrenOf(list).map((one) => {
    const [id, second, third] = childrenOf(one)
    const value = third ?? second
    if (id === undefined || value === undefined) throw new DerError('malformed extension')
    return { id: readOid(id), critical: third !== undefined && second?.content[0] === 0xff, value: value.content }
  })
}

/** Throws DerError. */
export function factsOf(extensions: readonly Extension[]): ExtensionFacts {
  const facts: ExtensionFacts = { extKeyUsages: [], altNames: NO_ALT_NAMES }
  for (const { id, value } of extensions) READERS[id]?.(facts, parseDer(value))
  return facts
}

const READERS: Record<string, (facts: ExtensionFacts, der: Der) => void> = {
  [EXTENSION.keyUsage]: (facts, der) => {
    const [first = 0, second = 0] = readBits(der)
    const mask = (first << 8) | second
    facts.keyUsages = KEY_USAGES.filter((_, index) => (mask & (0x8000 >> index)) !== 0)
  },
  [EXTENSION.extKeyUsage]: (facts, der) => {
    facts.extKeyUsages = childrenOf(der).map(readOid)
  },
  [EXTENSION.basicConstraints]: (facts, der) => {
    const parts = childrenOf(der)
    const length = parts.find(({ tag }) => tag === TAG.integer)
    facts.basicConstraints = {
      ca: parts.some(({ tag, content }) => tag === TAG.boolean && content[0] === 0xff),
      ...(length !== undefined && { pathLength: Number(readInteger(length)) }),
    }
  },
  [EXTENSION.subjectKeyId]: (facts, der) => {
    facts.subjectKeyId = der.content
  },
  [EXTENSION.authorityKeyId]: (facts, der) => {
    const keyId = childrenOf(der).find(({ tag }) => tag === 0x80)
    if (keyId !== undefined) facts.authorityKeyId = keyId.content
  },
  [EXTENSION.subjectAltName]: (facts, der) => {
    facts.altNames = readAltNames(der)
  },
}

function readAltNames(der: Der): AltNames {
  const names = generalNames(der)
  const of = (kind: GeneralName['kind']): string[] => names.filter((one) => one.kind === kind).map(({ value }) => value)
  return { dns: of('dns'), ips: of('ip'), emails: of('email'), uris: of('uri') }
}

const GENERAL_KINDS: Record<number, GeneralName['kind']> = { 0x81: 'email', 0x82: 'dns', 0x86: 'uri', 0x87: 'ip' }

/** The names of a subjectAltName in their order; other kinds are left out. */
export function generalNames(der: Der): GeneralName[] {
  return childrenOf(der).flatMap(({ tag, content }): GeneralName[] => {
    const kind = GENERAL_KINDS[tag]
    return kind === undefined ? [] : [{ kind, value: kind === 'ip' ? addressText(content) : fromUtf8(content) }]
  })
}

/** The attribute extensionRequest of a certificate request. */
export const extensionRequest = (extensions: readonly Extension[]): Uint8Array =>
  sequence(oid('1.2.840.113549.1.9.14'), makeDer(TAG.set, makeExtensions(extensions)))

export const explicitExtensions = (extensions: readonly Extension[]): Uint8Array =>
  extensions.length === 0 ? concat() : tagged(3, makeExtensions(extensions))
