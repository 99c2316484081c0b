/** Addresses and CIDRs as fields of built-in kinds take them. Models apimachinery pkg/util/validation/ip.go and the parsers of Go's net package. */
import { invalid } from './errors.ts'
import type { FieldError, ValidationContext } from './errors.ts'
import { minorIn } from './go-values.ts'

/** Leading zeros, mapped addresses and bits below the mask are refused from this minor on (StrictIPCIDRValidation). */
const STRICT_SINCE = 36
const IP_TEXT = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'
const CIDR_TEXT = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'

export interface Address {
  family: 4 | 6
  /** 4 or 16. */
  bytes: number[]
  /** An IPv4 address in IPv6 notation, which Go takes for the IPv4 address. */
  mapped: boolean
  leadingZeros: boolean
}

export interface Cidr {
  address: Address
  bits: number
  leadingZeros: boolean
}

function parseIPv4(text: string): Address | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^\d+$/.test(part) && Number(part) <= 255)) return undefined
  const leadingZeros = parts.some((part) => part.length > 1 && part.startsWith('0'))
  return { family: 4, bytes: parts.map(Number), mapped: false, leadingZeros }
}

function groupsOf(text: string): number[] | undefined {
  if (text === '') return []
  const groups = text.split(':')
  return groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group)) ? groups.map((g) => parseInt(g, 16)) : undefined
}

/** The last group may be an IPv4 address: it is two groups then. */
function withoutTail(text: string): { text: string; leadingZeros: boolean } | undefined {
  if (!text.includes('.')) return { text, leadingZeros: false }
  const at = text.lastIndexOf(':')
  const tail = parseIPv4(text.slice(at + 1))
  if (tail === undefined) return undefined
  const [a, b, c, d] = tail.bytes as [number, number, number, number]
  const groups = [a * 256 + b, c * 256 + d].map((group) => group.toString(16))
  return { text: `${text.slice(0, at + 1)}${groups.join(':')}`, leadingZeros: tail.leadingZeros }
}

function parseIPv6(text: string): Address | undefined {
  const plain = withoutTail(text)
  if (plain === undefined) return undefined
  const halves = plain.text.split('::')
  if (halves.length > 2) return undefined
  const [head, tail] = [groupsOf(halves[0]!), groupsOf(halves[1] ?? '')]
  if (head === undefined || tail === undefined) return undefined
  const missing = 8 - head.length - tail.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  const groups = [...head, ...Array.from({ length: missing }, () => 0), ...tail]
  const bytes = groups.flatMap((group) => [group >> 8, group & 255])
  const mapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255
  if (mapped) return { family: 4, bytes: bytes.slice(12), mapped, leadingZeros: plain.leadingZeros }
  return { family: 6, bytes, mapped, leadingZeros: plain.leadingZeros }
}

/** Models ParseIPSloppy: leading zeros of IPv4 are taken as decimal. */
export const parseAddress = (text: string): Address | undefined =>
  text.includes(':') ? parseIPv6(text) : parseIPv4(text)

/** The longest run of two or more zero groups, the first of equals. */
function longestZeros(groups: number[]): { at: number; count: number } {
  let best = { at: -1, count: 1 }
  for (let at = 0; at < groups.length; at++) {
    let count = 0
    while (groups[at + count] === 0) count++
    if (count > best.count) best = { at, count }
  }
  return best
}

/** The canonical text (RFC 5952). */
export function makeAddress({ family, bytes }: Address): string {
  if (family === 4) return bytes.join('.')
  const groups = bytes.flatMap((byte, i) => (i % 2 === 0 ? [byte * 256 + bytes[i + 1]!] : []))
  const hex = groups.map((group) => group.toString(16))
  const { at, count } = longestZeros(groups)
  return at < 0 ? hex.join(':') : `${hex.slice(0, at).join(':')}::${hex.slice(at + count).join(':')}`
}

/** Models ParseCIDRSloppy. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf('/')
  if (slash < 0) return undefined
  const [address, length] = [parseAddress(text.slice(0, slash)), text.slice(slash + 1)]
  if (address === undefined || !/^\d+$/.test(length)) return undefined
  const bits = Number(length)
  const most = address.family === 4 && !address.mapped ? 32 : 128
  if (bits > most) return undefined
  return { address, bits, leadingZeros: address.leadingZeros || (length.length > 1 && length.startsWith('0')) }
}

/** Whether the address is one of the network. */
export function contains({ address, bits }: Cidr, { family, bytes }: Address): boolean {
  if (family !== address.family) return false
  return bytes.every((byte, i) => {
    const mask = maskOf(bits - i * 8)
    return (byte & mask) === (address.bytes[i]! & mask)
  })
}

const maskOf = (bits: number): number => (bits >= 8 ? 255 : bits <= 0 ? 0 : (0xff00 >> bits) & 255)

const networkOf = ({ address, bits }: Cidr): Address => ({
  ...address,
  bytes: address.bytes.map((byte, i) => byte & maskOf(bits - i * 8)),
})

/** The network's canonical text. */
export const makeCidr = (cidr: Cidr): string => `${makeAddress(networkOf(cidr))}/${cidr.bits}`

/** Models IsValidIPForLegacyField; `known` are values that the object had before. */
export function ipErrors(
  field: string,
  text: string,
  ctx: ValidationContext = {},
  known: unknown[] = [],
): FieldError[] {
  const address = parseAddress(text)
  if (address === undefined) return [invalid(field, text, IP_TEXT)]
  if (minorIn(ctx) < STRICT_SINCE || known.includes(text)) return []
  const errors = address.leadingZeros ? [invalid(field, text, 'must not have leading 0s')] : []
  if (address.mapped && !address.leadingZeros)
    errors.push(invalid(field, text, 'must not be an IPv4-mapped IPv6 address'))
  return errors
}

/** Models IsValidCIDRForLegacyField. */
export function cidrErrors(
  field: string,
  text: string,
  ctx: ValidationContext = {},
  known: unknown[] = [],
): FieldError[] {
  const cidr = parseCidr(text)
  if (cidr === undefined) return [invalid(field, text, CIDR_TEXT)]
  if (minorIn(ctx) < STRICT_SINCE || known.includes(text)) return []
  if (cidr.leadingZeros) return [invalid(field, text, 'must not have leading 0s in IP or prefix length')]
  if (cidr.address.mapped) return [invalid(field, text, 'must not have an IPv4-mapped IPv6 address')]
  const network = makeAddress(networkOf(cidr))
  if (network === makeAddress(cidr.address)) return []
  return [invalid(field, text, 'must not have bits set beyond the prefix length')]
}

/** Models ValidateNonSpecialIP. */
export function specialIpErrors(field: string, text: string): FieldError[] {
  const address = parseAddress(text)
  if (address === undefined) return [invalid(field, text, 'must be a valid IP address')]
  const { family, bytes } = address
  const [a, b, c] = bytes as [number, number, number]
  const four = family === 4
  const loopback = four ? a === 127 : bytes.every((byte, i) => byte === (i === 15 ? 1 : 0))
  const checks: [boolean, string][] = [
    [bytes.every((byte) => byte === 0), `may not be unspecified (${text})`],
    [loopback, 'may not be in the loopback range (127.0.0.0/8, ::1/128)'],
    [
      four ? a === 169 && b === 254 : a === 0xfe && (b & 0xc0) === 0x80,
      'may not be in the link-local range (169.254.0.0/16, fe80::/10)',
    ],
    [
      four ? a === 224 && b === 0 && c === 0 : a === 0xff && (b & 0x0f) === 2,
      'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)',
    ],
  ]
  return checks.filter(([is]) => is).map(([, detail]) => invalid(field, text, detail))
}

/** Models GetWarningsForIP. */
export function ipWarnings(field: string, text: string): string[] {
  const address = parseAddress(text)
  if (address === undefined) return []
  const canonical = makeAddress(address)
  if (address.leadingZeros || address.mapped)
    return [
      `${field}: non-standard IP address ${JSON.stringify(text)} will be considered invalid in a future Kubernetes release: use ${JSON.stringify(canonical)}`,
    ]
  if (address.family === 4 || canonical === text) return []
  return [
    `${field}: IPv6 address ${JSON.stringify(text)} should be in RFC 5952 canonical format (${JSON.stringify(canonical)})`,
  ]
}

/** Models GetWarningsForCIDR. */
export function cidrWarnings(field: string, text: string): string[] {
  const cidr = parseCidr(text)
  if (cidr === undefined) return []
  const [shown, network] = [JSON.stringify(text), makeAddress(networkOf(cidr))]
  if (network !== makeAddress(cidr.address))
    return [
      `${field}: CIDR value ${shown} is ambiguous in this context (should be "${network}/${cidr.bits}" or "${makeAddress(cidr.address)}/${cidr.address.family === 4 ? 32 : 128}"?)`,
    ]
  if (cidr.leadingZeros || cidr.address.mapped)
    return [
      `${field}: non-standard CIDR value ${shown} will be considered invalid in a future Kubernetes release: use "${network}/${cidr.bits}"`,
    ]
  if (cidr.address.family === 4 || `${network}/${cidr.bits}` === text) return []
  return [`${field}: IPv6 CIDR value ${shown} should be in RFC 5952 canonical format ("${network}/${cidr.bits}")`]
}
