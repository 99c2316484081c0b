/** URLs. Models k8s.io/apiserver/pkg/cel/library/urls.go. */
import { CelRuntimeError } from '../errors.ts'
import type { FunctionRow } from './overload.ts'

/** A URL in its parts, as Go's net/url has them. */
export class CelUrl {
  readonly text: string
  readonly parts: UrlParts
  constructor(text: string, parts: UrlParts) {
    this.text = text
    this.parts = parts
  }
}

interface UrlParts {
  readonly scheme: string
  readonly host: string
  readonly path: string
  readonly query: string
}

/** An absolute URI or an absolute path; undefined for anything else. */
function parseUrl(text: string): CelUrl | undefined {
  if (/[\x00-\x20\x7f]/.test(text) || /%(?![0-9a-fA-F]{2})/.test(text)) return undefined
  const match = /^(?:([a-zA-Z][a-zA-Z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#.*)?$/.exec(text)
  if (!match) return undefined
  const [, scheme = '', authority = '', path = '', query = ''] = match
  if (scheme === '' && !text.startsWith('/')) return undefined
  const host = authority.replace(/^.*@/, '')
  if (!/^(\[[0-9a-fA-F:.%]+\]|[^[\]:]*)(:\d*)?$/.test(host)) return undefined
  return new CelUrl(text, { scheme: scheme.toLowerCase(), host, path, query })
}

function url(text: string): CelUrl {
  const made = parseUrl(text)
  if (!made)
    throw new CelRuntimeError(
      `URL parse error during conversion from string: parse ${JSON.stringify(text)}: invalid URI for request`,
    )
  return made
}

const hostname = (of: CelUrl): string => of.parts.host.replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1')
const port = (of: CelUrl): string => /:(\d+)$/.exec(of.parts.host)?.[1] ?? ''

function query(of: CelUrl): Record<string, string[]> {
  const out: Record<string, string[]> = {}
  for (const [key, value] of new URLSearchParams(of.parts.query)) out[key] = [...(out[key] ?? []), value]
  return out
}

const escapedPath = (of: CelUrl): string => encodeURI(decodeURI(of.parts.path))

export const URLS: readonly FunctionRow[] = [
  ['url(string): URL', url],
  ['isURL(string): bool', (text: string) => parseUrl(text) !== undefined],
  ['URL.getScheme(): string', (of: CelUrl) => of.parts.scheme],
  ['URL.getHost(): string', (of: CelUrl) => of.parts.host],
  ['URL.getHostname(): string', hostname],
  ['URL.getPort(): string', port],
  ['URL.getEscapedPath(): string', escapedPath],
  ['URL.getQuery(): map<string, list<string>>', query],
]
