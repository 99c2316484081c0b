/** The texts of flags as Go reads them. Models strconv, net, time.ParseDuration and pflag's value types. */
import { DurationError, parseGoDuration } from '../../objects/duration.ts'
import { isAddress } from '../../pki/index.ts'
import type { FlagType } from './rows.ts'

export type FlagValue = boolean | number | string | string[] | Record<string, string>

/** What is wrong with a value, in Go's words. */
export class ValueError extends Error {
  override name = 'ValueError'
}

/** Go's %q. */
export const quoted = (text: string): string => JSON.stringify(text)

const TRUE = ['1', 't', 'T', 'true', 'TRUE', 'True']
const FALSE = ['0', 'f', 'F', 'false', 'FALSE', 'False']

/** Models strconv.ParseBool. */
export function parseBool(text: string): boolean {
  if (TRUE.includes(text)) return true
  if (FALSE.includes(text)) return false
  throw new ValueError(`strconv.ParseBool: parsing ${quoted(text)}: invalid syntax`)
}

const INTEGER = /^[+-]?(0[xX][\da-fA-F_]+|0[bB][01_]+|0[oO]?[0-7_]*|[1-9][\d_]*)$/

function integerOf(text: string, call: string): bigint {
  if (!INTEGER.test(text)) throw new ValueError(`strconv.${call}: parsing ${quoted(text)}: invalid syntax`)
  const digits = text.replace(/^[+-]/, '').replaceAll('_', '')
  const value = BigInt(/^0\d+$/.test(digits) ? `0o${digits.slice(1)}` : digits)
  return text.startsWith('-') ? -value : value
}

/** Models strconv.ParseInt with base 0. */
export function parseInteger(text: string, bits: number): number {
  const value = integerOf(text, 'ParseInt')
  const limit = 1n << BigInt(bits - 1)
  if (value >= limit || value < -limit)
    throw new ValueError(`strconv.ParseInt: parsing ${quoted(text)}: value out of range`)
  return Number(value)
}

function parseUnsigned(text: string): number {
  if (/^[+-]/.test(text)) throw new ValueError(`strconv.ParseUint: parsing ${quoted(text)}: invalid syntax`)
  return Number(integerOf(text, 'ParseUint'))
}

export function parseFloatText(text: string): number {
  const value = Number(text)
  if (text.trim() !== text || text === '' || Number.isNaN(value))
    throw new ValueError(`strconv.ParseFloat: parsing ${quoted(text)}: invalid syntax`)
  return value
}

export function parseDuration(text: string): number {
  try {
    return parseGoDuration(text)
  } catch (error) {
    if (error instanceof DurationError) throw new ValueError(error.message)
    throw error
  }
}

function parseIp(text: string): string {
  const ip = text.trim()
  if (!isAddress(ip)) throw new ValueError(`failed to parse IP: ${quoted(text)}`)
  return ip
}

/** Models pkg/util/flag: kube-proxy's own. */
function parseProxyIp(text: string): string {
  if (text !== '' && !isAddress(text)) throw new ValueError(`${quoted(text)} is not a valid IP address`)
  return text
}

function parseIpPort(text: string): string {
  if (text === '' || isAddress(text)) return text
  const match = /^(?:\[([^\]]*)\]|([^:]*)):([^:]*)$/.exec(text)
  if (match === null) {
    const why = text.includes(':') ? 'too many colons in address' : 'missing port in address'
    throw new ValueError(`${quoted(text)} is not in a valid format (ip or ip:port): address ${text}: ${why}`)
  }
  const host = match[1] ?? match[2] ?? ''
  if (!isAddress(host)) throw new ValueError(`${quoted(host)} is not a valid IP address`)
  if (!/^\d+$/.test(match[3] ?? '') || Number(match[3]) > 65_535)
    throw new ValueError(`${quoted(match[3] ?? '')} is not a valid number`)
  return text
}

/** Models apimachinery util/net PortRange: `a-b`, `a+b`, `a`; an empty one is none. */
export function parsePortRange(text: string): { first: number; last: number } {
  const value = text.trim()
  if (value === '') return { first: 0, last: 0 }
  const match = /^(\d+)(?:([-+])(\d+))?$/.exec(value)
  if (match === null) {
    const words = value.split(/[-+]/)
    const bad = words.find((word) => !/^\d+$/.test(word)) ?? ''
    throw new ValueError(`unable to parse port range: ${value}: strconv.Atoi: parsing ${quoted(bad)}: invalid syntax`)
  }
  const first = Number(match[1])
  const last = match[2] === undefined ? first : match[2] === '+' ? first + Number(match[3]) : Number(match[3])
  if (first > 65_535 || last > 65_535) throw new ValueError(`the port range cannot be greater than 65535: ${value}`)
  if (last < first) throw new ValueError(`end port cannot be less than start port: ${value}`)
  return { first, last }
}

/** A line of comma-separated words; quotes protect commas. Models encoding/csv as pflag uses it. */
export function parseList(text: string): string[] {
  if (text === '') return []
  if (!text.includes('"')) return text.split(',')
  const words: string[] = []
  let rest = text
  for (;;) {
    const match = /^(?:"((?:[^"]|"")*)"|([^",]*))(?:(,)|$)/.exec(rest)
    if (match === null) {
      const column = text.length - rest.length + Math.max(rest.indexOf('"'), 0) + 1
      throw new ValueError(`parse error on line 1, column ${column}: bare " in non-quoted field`)
    }
    words.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '')
    if (match[3] === undefined) return words
    rest = rest.slice(match[0].length)
  }
}

function parsePairs(text: string): Record<string, string> {
  const pairs: Record<string, string> = {}
  for (const pair of parseList(text)) {
    const at = pair.indexOf('=')
    if (at < 0) throw new ValueError(`${pair} must be formatted as key=value`)
    pairs[pair.slice(0, at)] = pair.slice(at + 1)
  }
  return pairs
}

/** Models component-base cli/flag ConfigurationMap: a bare key has no value. */
function parseConfiguration(text: string): Record<string, string> {
  const words = text.split(',').filter((word) => word !== '')
  return Object.fromEntries(
    words.map((word) => {
      const [key = '', ...value] = word.split('=')
      return [key.trim(), value.join('=').trim()]
    }),
  )
}

function parseGatePairs(text: string): Record<string, string> {
  const gates: Record<string, string> = {}
  for (const word of text.split(',').filter((one) => one.trim() !== '')) {
    const [name = '', ...rest] = word.split('=')
    const value = rest.join('=').trim()
    if (rest.length === 0) throw new ValueError(`missing bool value for ${name.trim()}`)
    try {
      gates[name.trim()] = String(parseBool(value))
    } catch (error) {
      throw new ValueError(`invalid value of ${name.trim()}=${value}, err: ${(error as Error).message}`)
    }
  }
  return gates
}

function parseCidrs(text: string): string[] {
  const words = parseList(text)
  const bad = words.find((word) => !isCidr(word.trim()))
  if (bad !== undefined) throw new ValueError(`invalid CIDR address: ${bad}`)
  return words
}

export function isCidr(text: string): boolean {
  const [address = '', bits = '', more] = text.split('/')
  if (more !== undefined || !isAddress(address) || !/^\d{1,3}$/.test(bits)) return false
  return Number(bits) <= (address.includes(':') ? 128 : 32)
}

const READERS: Record<FlagType, (text: string) => FlagValue> = {
  bool: parseBool,
  int: (text) => parseInteger(text, 64),
  int32: (text) => parseInteger(text, 32),
  uint: parseUnsigned,
  float: parseFloatText,
  float32: parseFloatText,
  duration: parseDuration,
  string: (text) => text,
  strings: parseList,
  stringArray: (text) => [text],
  ip: parseIp,
  proxyIp: parseProxyIp,
  ipport: parseIpPort,
  portRange: (text) => {
    parsePortRange(text)
    return text
  },
  map: parsePairs,
  config: parseConfiguration,
  gates: parseGatePairs,
  cidrs: parseCidrs,
  version: (text) => text,
}

/** One value of a flag. Durations are milliseconds. Throws ValueError. */
export function parseValue(type: FlagType, text: string): FlagValue {
  return READERS[type](text)
}

/** What a flag has when it was given nowhere. */
export function emptyValue(type: FlagType): FlagValue {
  if (type === 'bool') return false
  if (['int', 'int32', 'uint', 'float', 'float32', 'duration'].includes(type)) return 0
  if (['strings', 'stringArray', 'cidrs'].includes(type)) return []
  return ['map', 'config', 'gates'].includes(type) ? {} : ''
}
