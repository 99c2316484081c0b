/** IP addresses and networks. Models k8s.io/apiserver/pkg/cel/library/ip.go and cidr.go. */
import { CelRuntimeError } from '../errors.ts'
import type { FunctionRow } from './overload.ts'

/** An address: its number, and how many bits it has. */
export class CelIp {
  readonly value: bigint
  readonly bits: 32 | 128
  readonly text: string
  constructor(value: bigint, bits: 32 | 128) {
    this.value = value
    this.bits = bits
    this.text = bits === 32 ? makeIpv4(value) : makeIpv6(value)
  }
}

/** A network: an address, and the length of its prefix. */
export class CelCidr {
  readonly ip: CelIp
  readonly prefix: number
  readonly text: string
  constructor(ip: CelIp, prefix: number) {
    this.ip = ip
    this.prefix = prefix
    this.text = `${ip.text}/${prefix}`
  }
}

const makeIpv4 = (value: bigint): string => [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.')

function makeIpv6(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, at) => ((value >> BigInt(112 - at * 16)) & 0xffffn).toString(16))
  let best = { start: -1, length: 1 }
  for (let start = 0; start < 8; start++) {
    let length = 0
    while (groups[start + length] === '0') length++
    if (length > best.length) best = { start, length }
  }
  if (best.start < 0) return groups.join(':')
  return `${groups.slice(0, best.start).join(':')}::${groups.slice(best.start + best.length).join(':')}`
}

/** An address's text; undefined when it is none. Leading zeros and zones are refused. */
export function parseIp(text: string): CelIp | undefined {
  if (!text.includes(':')) {
    const value = ipv4Value(text)
    return value === undefined ? undefined : new CelIp(value, 32)
  }
  const value = ipv6Value(text)
  return value === undefined || value >> 32n === 0xffffn ? undefined : new CelIp(value, 128)
}

function ipv4Value(text: string): bigint | undefined {
  const parts = text.split('.')
  if (parts.length !== 4 || !parts.every((part) => /^(0|[1-9]\d{0,2})$/.test(part) && Number(part) < 256))
    return undefined
  return parts.reduce((value, part) => value * 256n + BigInt(part), 0n)
}

function ipv6Value(text: string): bigint | undefined {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text)
  if (dotted) {
    const low = ipv4Value(dotted[2] ?? '')
    if (low === undefined) return undefined
    return ipv6Value(`${dotted[1]}${(low >> 16n).toString(16)}:${(low & 0xffffn).toString(16)}`)
  }
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')))
  const missing = 8 - head.length - tail.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  const groups = [...head, ...Array<string>(halves.length === 2 ? missing : 0).fill('0'), ...tail]
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined
  return groups.reduce((value, group) => value * 65536n + BigInt(`0x${group}`), 0n)
}

function parseCidr(text: string): CelCidr | undefined {
  const slash = text.lastIndexOf('/')
  const ip = slash < 0 ? undefined : parseIp(text.slice(0, slash))
  const length = text.slice(slash + 1)
  if (!ip || !/^(0|[1-9]\d{0,2})$/.test(length) || Number(length) > ip.bits) return undefined
  return new CelCidr(ip, Number(length))
}

function ip(text: string): CelIp {
  const made = parseIp(text)
  if (!made)
    throw new CelRuntimeError(
      `IP Address ${JSON.stringify(text)} parse error during conversion from string: ParseAddr(${JSON.stringify(text)}): unable to parse IP`,
    )
  return made
}

function cidr(text: string): CelCidr {
  const made = parseCidr(text)
  if (made) return made
  const why = text.includes('/') ? 'ParseAddr: unable to parse IP' : "no '/'"
  throw new CelRuntimeError(
    `network address parse error during conversion from string: netip.ParsePrefix(${JSON.stringify(text)}): ${why}`,
  )
}

const mask = (of: CelIp, prefix: number): bigint => (of.value >> BigInt(of.bits - prefix)) << BigInt(of.bits - prefix)
const masked = (of: CelCidr): CelCidr => new CelCidr(new CelIp(mask(of.ip, of.prefix), of.ip.bits), of.prefix)
const containsIp = (of: CelCidr, one: CelIp): boolean =>
  of.ip.bits === one.bits && mask(one, of.prefix) === mask(of.ip, of.prefix)
const containsCidr = (of: CelCidr, one: CelCidr): boolean => one.prefix >= of.prefix && containsIp(of, one.ip)
const within = (of: CelIp, network: string): boolean => containsIp(cidr(network), of)

const isLoopback = (of: CelIp): boolean => (of.bits === 32 ? within(of, '127.0.0.0/8') : of.value === 1n)
const isLinkLocalMulticast = (of: CelIp): boolean => within(of, of.bits === 32 ? '224.0.0.0/24' : 'ff02::/16')
const isLinkLocalUnicast = (of: CelIp): boolean => within(of, of.bits === 32 ? '169.254.0.0/16' : 'fe80::/10')
const isMulticast = (of: CelIp): boolean => within(of, of.bits === 32 ? '224.0.0.0/4' : 'ff00::/8')
const isGlobalUnicast = (of: CelIp): boolean =>
  of.value !== 0n && !(of.bits === 32 && of.value === 0xffffffffn) && !isLoopback(of) && !isMulticast(of) && !isLinkLocalUnicast(of) // prettier-ignore
const family = (of: CelIp): bigint => (of.bits === 32 ? 4n : 6n)

export const ADDRESSES: readonly FunctionRow[] = [
  ['ip(string): IP', ip],
  ['isIP(string): bool', (text: string) => parseIp(text) !== undefined],
  ['ip.isCanonical(string): bool', (text: string) => ip(text).text === text],
  ['string(IP): string', (of: CelIp) => of.text],
  ['IP.family(): int', family],
  ['IP.isUnspecified(): bool', (of: CelIp) => of.value === 0n],
  ['IP.isLoopback(): bool', isLoopback],
  ['IP.isLinkLocalMulticast(): bool', isLinkLocalMulticast],
  ['IP.isLinkLocalUnicast(): bool', isLinkLocalUnicast],
  ['IP.isGlobalUnicast(): bool', isGlobalUnicast],
  ['cidr(string): CIDR', cidr],
  ['isCIDR(string): bool', (text: string) => parseCidr(text) !== undefined],
  ['string(CIDR): string', (of: CelCidr) => of.text],
  ['CIDR.containsIP(string): bool', (of: CelCidr, one: string) => containsIp(of, ip(one))],
  ['CIDR.containsIP(IP): bool', containsIp],
  ['CIDR.containsCIDR(string): bool', (of: CelCidr, one: string) => containsCidr(of, cidr(one))],
  ['CIDR.containsCIDR(CIDR): bool', containsCidr],
  ['CIDR.ip(): IP', (of: CelCidr) => of.ip],
  ['CIDR.masked(): CIDR', masked],
  ['CIDR.prefixLength(): int', (of: CelCidr) => BigInt(of.prefix)],
]
