/** The formats that a string may be held to. Models kube-openapi pkg/validation/strfmt. */
import { isIPv4, isIPv6 } from '../validation/names.ts'

type Check = (text: string) => boolean

const matches =
  (pattern: RegExp): Check =>
  (text) =>
    pattern.test(text)

const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

function isDate(text: string): boolean {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(text)
  if (match === null) return false
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number]
  if (month < 1 || month > 12 || day < 1 || day > (DAYS[month - 1] as number)) return false
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  return month !== 2 || day < 29 || isLeap
}

function isDateTime(text: string): boolean {
  const match = /^(\d{4}-\d\d-\d\d)[tT](\d\d):(\d\d):(\d\d)(?:\.\d+)?(?:[zZ]|[+-]\d\d:\d\d)$/.exec(text)
  if (match === null || !isDate(match[1] as string)) return false
  const [hour, minute, second] = match.slice(2, 5).map(Number) as [number, number, number]
  return hour < 24 && minute < 60 && second < 60
}

const UNITS = 'ns|nanosecond|us|µs|microsecond|ms|milli|millisecond|s|sec|second|m|min|minute|h|hr|hour|d|day|w|wk|week'
const GO_DURATION = /^[+-]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)((\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h))*$/
const LONG_DURATION = new RegExp(`^((\\d+)\\s*(${UNITS})s?\\s*)+$`)

const isDuration: Check = (text) => text === '0' || GO_DURATION.test(text) || LONG_DURATION.test(text)

const HOSTNAME =
  /^([a-zA-Z0-9¡-￿]([a-zA-Z0-9¡-￿-]{0,61}[a-zA-Z0-9¡-￿])?)(\.[a-zA-Z0-9¡-￿]([a-zA-Z0-9¡-￿-]{0,61}[a-zA-Z0-9¡-￿])?)*\.?$/

const isHostname: Check = (text) => text.length <= 255 && HOSTNAME.test(text)

function isCidr(text: string): boolean {
  const [address = '', bits = '', ...rest] = text.split('/')
  if (rest.length > 0 || !/^\d+$/.test(bits)) return false
  return (isIPv4(address) && Number(bits) <= 32) || (isIPv6(address) && Number(bits) <= 128)
}

/** Go's url.ParseRequestURI: absolute, or a path from the root. */
function isUri(text: string): boolean {
  if (text === '' || /[\s\u0000-\u001f\u007f]/.test(text)) return false
  if (/%(?![0-9a-fA-F]{2})/.test(text)) return false
  return text.startsWith('/') || /^[a-zA-Z][a-zA-Z0-9+.-]*:/.test(text)
}

const uuid = (version: string): Check =>
  matches(new RegExp(`^[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?${version}[0-9a-fA-F]{3}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}$`))

const FORMATS: Record<string, Check> = {
  bsonobjectid: matches(/^[0-9a-fA-F]{24}$/),
  uri: isUri,
  email: matches(/^(?:"[^"]+"|[^\s@<>()[\]\\,;:"]+)@[^\s@]+$/),
  hostname: isHostname,
  ipv4: isIPv4,
  ipv6: (text) => isIPv6(text),
  cidr: isCidr,
  mac: matches(
    /^([0-9a-fA-F]{2}[:-]){5}([0-9a-fA-F]{2}[:-]?[0-9a-fA-F]{2}){0,1}[0-9a-fA-F]{2}$|^([0-9a-fA-F]{4}\.){2}[0-9a-fA-F]{4}$/,
  ),
  uuid: uuid('[0-9a-fA-F]'),
  uuid3: uuid('3'),
  uuid4: uuid('4'),
  uuid5: uuid('5'),
  isbn: matches(/^(97[89][- ]?)?(\d[- ]?){9}[\dXx]$/),
  isbn10: matches(/^(\d[- ]?){9}[\dXx]$/),
  isbn13: matches(/^97[89][- ]?(\d[- ]?){9}\d$/),
  creditcard: matches(/^\d(?:[ -]?\d){12,18}$/),
  ssn: matches(/^\d{3}[- ]?\d{2}[- ]?\d{4}$/),
  hexcolor: matches(/^#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})$/),
  rgbcolor: matches(/^rgb\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})\s*\)$/),
  byte: matches(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/),
  password: () => true,
  date: isDate,
  datetime: isDateTime,
  duration: isDuration,
}

/** Formats of later releases, with the first that knows them. */
const SINCE: Record<string, [number, Check]> = {
  'k8s-short-name': [34, matches(/^(?=.{1,63}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?$/)],
  'k8s-long-name': [34, matches(/^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/)],
}

/** The check of a format; undefined: one that upstream does not know and so does not enforce. */
export function formatCheck(format: string, minor: number): Check | undefined {
  const late = SINCE[format]
  if (late !== undefined) return minor >= late[0] ? late[1] : undefined
  return FORMATS[format.replaceAll('-', '')]
}
