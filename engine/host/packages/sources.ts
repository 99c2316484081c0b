/** Where apt looks: sources.list lines and deb822 .sources files. Models sources.list(5). */
import { parseStanzas } from './control.ts'

export interface Source {
  /** Without a slash at the end. */
  uri: string
  /** `noble`; `/` for a flat repository. */
  suite: string
  /** Empty for a flat repository. */
  components: string[]
  signedBy?: string
  trusted?: true
}

export interface SourcesRead {
  sources: Source[]
  /** Lines that make no sense, in apt's words. */
  errors: string[]
}

/** Reads one file of /etc/apt by its name. */
export function parseSources(path: string, text: string): SourcesRead {
  return path.endsWith('.sources') ? fromStanzas(text) : fromLines(path, text)
}

function fromLines(path: string, text: string): SourcesRead {
  const read: SourcesRead = { sources: [], errors: [] }
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.replace(/#.*/, '').trim()
    if (line === '' || line.startsWith('deb-src')) continue
    const source = parseLine(line)
    const problem = `E: Malformed entry ${index + 1} in list file ${path}`
    if (typeof source === 'string') read.errors.push(source === '' ? problem : `${problem} (${source})`)
    else read.sources.push(source)
  }
  if (read.errors.length > 0) read.errors.push('E: The list of sources could not be read.')
  return read
}

/** A text is what is wrong with it. */
function parseLine(line: string): Source | string {
  const match = /^deb\s+(?:\[([^\]]*)\]\s*)?(\S+)(?:\s+(\S+))?(?:\s+(.+))?$/.exec(line)
  if (match === null) return /^deb\b/.test(line) ? '' : 'type'
  const [, options = '', uri = '', suite, components] = match
  if (!/^\w+:/.test(uri)) return 'URI parse'
  if (suite === undefined) return 'Suite'
  if (components === undefined && !suite.endsWith('/')) return 'Component'
  return {
    uri: uri.replace(/\/$/, ''),
    suite,
    components: (components ?? '').split(/\s+/).filter((word) => word !== ''),
    ...optionsOf(options),
  }
}

function optionsOf(text: string): Pick<Source, 'signedBy' | 'trusted'> {
  const words = Object.fromEntries(
    text
      .split(/\s+/)
      .filter((word) => word.includes('='))
      .map((word) => word.split('=') as [string, string]),
  )
  return {
    ...(words['signed-by'] !== undefined && { signedBy: words['signed-by'] }),
    ...(words.trusted === 'yes' && { trusted: true }),
  }
}

function fromStanzas(text: string): SourcesRead {
  const words = (value = ''): string[] => value.split(/\s+/).filter((word) => word !== '')
  const sources = parseStanzas(text)
    .filter((stanza) => stanza.Enabled !== 'no' && words(stanza.Types).includes('deb'))
    .flatMap((stanza) =>
      words(stanza.URIs).flatMap((uri) =>
        words(stanza.Suites).map((suite): Source => ({
          uri: uri.replace(/\/$/, ''),
          suite,
          components: words(stanza.Components),
          ...(stanza['Signed-By'] !== undefined && { signedBy: stanza['Signed-By'] }),
          ...(stanza.Trusted === 'yes' && { trusted: true }),
        })),
      ),
    )
  return { sources, errors: [] }
}

/** Whether Packages lie beside InRelease, without dists/ and components. */
export function isFlat({ suite }: Source): boolean {
  return suite.endsWith('/')
}

/** Where InRelease is fetched. */
export function releaseUrl(source: Source): string {
  return isFlat(source)
    ? `${source.uri}/${source.suite === '/' ? '' : source.suite}InRelease`
    : `${source.uri}/dists/${source.suite}/InRelease`
}

export function packagesUrl(source: Source, component: string): string {
  return isFlat(source)
    ? releaseUrl(source).replace(/InRelease$/, 'Packages')
    : `${source.uri}/dists/${source.suite}/${component}/binary-amd64/Packages`
}

/** The name under /var/lib/apt/lists that a URL's content is kept under. */
export function listName(url: string): string {
  return url
    .replace(/^\w+:\/\//, '')
    .replaceAll('_', '%5f')
    .replace(/\/+/g, '_')
}
