/** Models apimachinery pkg/util/validation: each function returns what is wrong, empty when nothing is. */
import { parseAddress } from './ips.ts'

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const DNS1035 = /^[a-z]([-a-z0-9]*[a-z0-9])?$/
const CONFIG_KEY = /^[-._a-zA-Z0-9]+$/
const ENV_NAME = /^[-._a-zA-Z][-._a-zA-Z0-9]*$/
const RELAXED_ENV_NAME = /^[ -<>-~]+$/

const LABEL_TEXT =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
const SUBDOMAIN_TEXT =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
const DNS1035_TEXT =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
const CONFIG_KEY_TEXT =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
const ENV_NAME_TEXT =
  "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or 'MyEnvName1', regex used for validation is '[-._a-zA-Z][-._a-zA-Z0-9]*')"
const RELAXED_ENV_NAME_TEXT =
  "a valid environment variable name must consist only of printable ASCII characters other than '='"

const maxLength = (value: string, max: number): string[] =>
  value.length > max ? [`must be no more than ${max} characters`] : []

const rule =
  (pattern: RegExp, text: string, max: number) =>
  (value: string): string[] => {
    const errors = maxLength(value, max)
    return pattern.test(value) ? errors : [...errors, text]
  }

export const dns1123Label = rule(LABEL, LABEL_TEXT, 63)
export const dns1123Subdomain = rule(SUBDOMAIN, SUBDOMAIN_TEXT, 253)
export const dns1035Label = rule(DNS1035, DNS1035_TEXT, 63)

/** A key of a ConfigMap or Secret. */
export function configKey(value: string): string[] {
  const errors = value.length > 253 ? ['must be no more than 253 characters'] : []
  if (!CONFIG_KEY.test(value)) errors.push(CONFIG_KEY_TEXT)
  return [...errors, ...dotErrors(value)]
}

/** A name of an environment variable; relaxed from 1.32 on. */
export function envName(value: string, relaxed: boolean): string[] {
  if (relaxed) return RELAXED_ENV_NAME.test(value) ? [] : [RELAXED_ENV_NAME_TEXT]
  const errors = ENV_NAME.test(value) ? [] : [ENV_NAME_TEXT]
  return [...errors, ...dotErrors(value)]
}

function dotErrors(value: string): string[] {
  if (value === '.' || value === '..') return [`must not be '${value}'`]
  return value.startsWith('..') ? ["must not start with '..'"] : []
}

/** A name usable as one step of a URL: what RBAC objects and APIServices are named. */
export function pathSegmentName(value: string): string[] {
  if (value === '.' || value === '..') return [`may not be '${value}'`]
  const bad = ['/', '%'].filter((character) => value.includes(character))
  return bad.map((character) => `may not contain '${character}'`)
}

/** A name of a container or service port: 15 characters, one letter at least. */
export function portName(value: string): string[] {
  const errors = value.length > 15 ? ['must be no more than 15 characters'] : []
  if (!/^[-a-z0-9]+$/.test(value)) errors.push('must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)')
  if (!/[a-z]/.test(value)) errors.push('must contain at least one letter (a-z)')
  if (value.includes('--')) errors.push('must not contain consecutive hyphens')
  if (value !== '' && (value.startsWith('-') || value.endsWith('-'))) errors.push('must not begin or end with a hyphen')
  return errors
}

export const portNumber = (value: unknown): string[] =>
  typeof value === 'number' && value >= 1 && value <= 65535 ? [] : ['must be between 1 and 65535, inclusive']

const WILDCARD_TEXT =
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"

/** A host that stands for all names below one. */
export function wildcardSubdomain(value: string): string[] {
  const errors = maxLength(value, 253)
  return value.startsWith('*.') && SUBDOMAIN.test(value.slice(2)) ? errors : [...errors, WILDCARD_TEXT]
}

const UNDERSCORE_LABEL = '_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?'
const UNDERSCORE = `${UNDERSCORE_LABEL}(\\.${UNDERSCORE_LABEL})*`

/** A search domain: underscores are let through. */
export const underscoreSubdomain = rule(
  new RegExp(`^${UNDERSCORE}$`),
  `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${UNDERSCORE}')`,
  253,
)

/** Models IsFullyQualifiedDomainName. */
export function fullyQualifiedName(value: string): string[] {
  const name = value.replace(/\.$/, '')
  const errors = dns1123Subdomain(name)
  if (errors.length > 0) return [errors.join(',')]
  const labels = name.split('.')
  if (labels.length < 2) return ['should be a domain with at least two segments separated by dots']
  return labels.flatMap(dns1123Label)
}

const HEADER_TEXT =
  "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')"

export const headerName = (value: string): string[] => (/^[-A-Za-z0-9]+$/.test(value) ? [] : [HEADER_TEXT])

export const isIPv4 = (value: string): boolean => !value.includes(':') && parseAddress(value) !== undefined
export const isIPv6 = (value: string): boolean => value.includes(':') && parseAddress(value) !== undefined

export function ipAddress(value: string): string[] {
  return parseAddress(value) === undefined ? ['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'] : []
}
