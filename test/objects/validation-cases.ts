import { applyDefaults } from '../../engine/objects/defaults/index.ts'
import { KindRegistry } from '../../engine/objects/kinds.ts'
import { makeFieldError, validateCreate, validateUpdate } from '../../engine/objects/validation/index.ts'
import type { ValidationContext } from '../../engine/objects/validation/index.ts'

export type Loose = Record<string, unknown>

const kinds = new KindRegistry()
const entryOf = (group: string, kind: string) => kinds.byKind(group, 'v1', kind)!

function complete(group: string, kind: string, fields: Loose): Loose {
  const entry = entryOf(group, kind)
  const given = { name: 'x', ...(fields.metadata as Loose | undefined) }
  const metadata = entry.namespaced ? { namespace: 'default', ...given } : given
  return applyDefaults(entry, { ...fields, metadata }) as Loose
}

/** What a server of the release says of a new object. */
export const refusals = (group: string, kind: string, fields: Loose, ctx: ValidationContext = {}): string[] =>
  validateCreate(entryOf(group, kind), complete(group, kind, fields), ctx).map(makeFieldError)

/** What it says of the change from `old`. */
export const changes = (
  group: string,
  kind: string,
  old: Loose,
  fields: Loose,
  ctx: ValidationContext = {},
): string[] =>
  validateUpdate(entryOf(group, kind), complete(group, kind, fields), complete(group, kind, old), ctx).map(
    makeFieldError,
  )

export const SUBDOMAIN =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
export const LABEL =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
export const DNS1035 =
  "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')"
export const NAME_PART =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
export const LABEL_VALUE =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
export const IP = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'
export const CIDR = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)'
export const PORT = 'must be between 1 and 65535, inclusive'
