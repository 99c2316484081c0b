/** Named formats of strings: `format.dns1123Label().validate(name)`. Models k8s.io/apiserver/pkg/cel/library/format.go. */
import { Optional } from '@marcbachmann/cel-js'
import { parseDuration } from '../values.ts'
import type { FunctionRow } from './overload.ts'
import { parseTimestamp } from './standard.ts'

/** A format by its name. */
export class CelFormat {
  readonly text: string
  readonly complaints: (value: string) => string[]
  constructor(text: string, complaints: (value: string) => string[]) {
    this.text = text
    this.complaints = complaints
  }
}

interface Rule {
  readonly pattern: RegExp
  readonly max: number
  readonly message: string
}

const LABEL =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
const SUBDOMAIN =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
const DNS1035 =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
const NAME_PART =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
const LABEL_VALUE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"

const RULES: Readonly<Record<string, Rule>> = {
  dns1123Label: { pattern: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, max: 63, message: LABEL },
  dns1123Subdomain: { pattern: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/, max: 253, message: SUBDOMAIN }, // prettier-ignore
  dns1035Label: { pattern: /^[a-z]([-a-z0-9]*[a-z0-9])?$/, max: 63, message: DNS1035 },
  labelValue: { pattern: /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/, max: 63, message: LABEL_VALUE },
}

function complaintsOf({ pattern, max, message }: Rule, value: string): string[] {
  return [
    ...(value.length > max ? [`must be no more than ${max} characters`] : []),
    ...(pattern.test(value) ? [] : [message]),
  ]
}

const byRule = (name: string): CelFormat => {
  const rule = RULES[name]
  return new CelFormat(name, (value) => (rule ? complaintsOf(rule, value) : []))
}

const byPrefix = (name: string): CelFormat => {
  const rule = RULES[name]
  return new CelFormat(`${name}Prefix`, (value) => (rule ? complaintsOf(rule, value.replace(/-$/, 'a')) : []))
}

function qualifiedName(value: string): string[] {
  const [head = '', tail, ...more] = value.split('/')
  if (more.length > 0) return [`a qualified name ${NAME_PART.replace('name part ', '')} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`] // prettier-ignore
  const name = tail ?? head
  const prefix =
    tail === undefined ? [] : complaintsOf(RULES['dns1123Subdomain'] as Rule, head).map((one) => `prefix part ${one}`)
  if (name === '') return [...prefix, 'name part must be non-empty', NAME_PART]
  const shape = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/.test(name) ? [] : [NAME_PART]
  return [...prefix, ...(name.length > 63 ? ['name part must be no more than 63 characters'] : []), ...shape]
}

const check =
  (test: (value: string) => boolean, complaint: string) =>
  (value: string): string[] =>
    test(value) ? [] : [complaint]

const FORMATS: readonly CelFormat[] = [
  ...Object.keys(RULES).map(byRule),
  ...['dns1123Label', 'dns1123Subdomain', 'dns1035Label'].map(byPrefix),
  new CelFormat('qualifiedName', qualifiedName),
  new CelFormat(
    'uri',
    check((value) => /^([a-zA-Z][a-zA-Z0-9+.-]*:|\/)\S*$/.test(value), 'invalid URI'),
  ),
  new CelFormat('uuid', check((value) => /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i.test(value), 'does not match the UUID format')), // prettier-ignore
  new CelFormat(
    'byte',
    check((value) => value.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(value), 'invalid base64'),
  ),
  new CelFormat(
    'date',
    check((value) => /^\d{4}-\d\d-\d\d$/.test(value) && !Number.isNaN(Date.parse(value)), 'invalid date'),
  ),
  new CelFormat(
    'datetime',
    check((value) => parseTimestamp(value) !== undefined, 'invalid datetime'),
  ),
  new CelFormat(
    'duration',
    check((value) => parseDuration(value) !== undefined, 'invalid duration'),
  ),
]

const named = (name: string): Optional => {
  const found = FORMATS.find((one) => one.text === name)
  return found ? Optional.of<unknown>(found) : Optional.none()
}

function validate(of: CelFormat, value: string): Optional {
  const complaints = of.complaints(value)
  return complaints.length === 0 ? Optional.none() : Optional.of<unknown>(complaints)
}

export const NAMED_FORMATS: readonly FunctionRow[] = [
  ['format.named(string): optional<NamedFormat>', named],
  ...FORMATS.map((one): FunctionRow => [`format.${one.text}(): NamedFormat`, () => one]),
  ['NamedFormat.validate(string): optional<list<string>>', validate],
  ['jsonpatch.escapeKey(string): string', (key: string) => key.replaceAll('~', '~0').replaceAll('/', '~1')],
]
