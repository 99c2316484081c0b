/** `apt-get update`: fetches the indices of the sources (Q3). Models apt 2.7's acquire of InRelease and Packages. */
import { parseStanzas } from '../packages/control.ts'
import { keysIn } from '../packages/repository/model.ts'
import { isFlat, listName, packagesUrl, releaseUrl } from '../packages/sources.ts'
import type { Source } from '../packages/sources.ts'
import {
  LISTS,
  componentsOf,
  readSources,
  readState,
  readText,
  releaseLock,
  siteOf,
  takeLock,
} from '../packages/system.ts'
import { upgradable } from '../packages/resolve.ts'
import type { HttpFailure, Proc, Run } from '../process.ts'
import type { HttpResponse } from '../../fabric/http.ts'
import { fetchedLine, progress } from './apt-output.ts'

const LISTS_LOCK = `${LISTS}/lock`
/** What the wires take for the indices, in ms. */
const ROUND_MS = 1000

interface Fetching {
  p: Proc
  /** Lines are numbered through. */
  next: number
  bytes: number
  warnings: string[]
  errors: string[]
  fetched: string[]
}

export function* update(p: Proc, program: string): Run<number> {
  const { sources, errors: malformed } = yield* readSources(p)
  if (malformed.length > 0) {
    yield* p.err(malformed.map((line) => `${line}\n`).join(''))
    return 100
  }
  const locked = yield* takeLock(p, LISTS_LOCK, program)
  if (!('ok' in locked)) return yield* refused(p, locked)
  const startedMs = yield* p.now()
  const fetching: Fetching = { p, next: 1, bytes: 0, warnings: [], errors: [], fetched: [] }
  for (const source of sources) yield* fetchSource(fetching, source)
  yield* forgetOthers(p, sources)
  yield* p.sleep(ROUND_MS)
  if (fetching.bytes > 0 && fetching.errors.length === 0)
    yield* p.out(fetchedLine(fetching.bytes, (yield* p.now()) - startedMs))
  yield* releaseLock(p, LISTS_LOCK)
  yield* progress(p, 'Reading package lists')
  if (program === 'apt' && fetching.errors.length === 0) yield* tellUpgradable(p)
  return yield* complain(fetching)
}

function* refused(p: Proc, why: { denied: true } | { heldBy: string }): Run<number> {
  yield* progress(p, 'Reading package lists')
  if ('heldBy' in why) {
    yield* p.err(
      `E: Could not get lock ${LISTS_LOCK}. It is held by ${why.heldBy}\nN: Be aware that removing the lock file is not a solution and may break your system.\nE: Unable to lock directory ${LISTS}/\n`,
    )
    return 100
  }
  yield* p.err(
    `E: Could not open lock file ${LISTS_LOCK} - open (13: Permission denied)\nE: Unable to lock directory ${LISTS}/\nW: Problem unlinking the file /var/cache/apt/pkgcache.bin - RemoveCaches (13: Permission denied)\nW: Problem unlinking the file /var/cache/apt/srcpkgcache.bin - RemoveCaches (13: Permission denied)\n`,
  )
  return 100
}

function* complain({ p, warnings, errors }: Fetching): Run<number> {
  const partly = 'Some index files failed to download. They have been ignored, or old ones used instead.'
  const unsigned = errors.some((line) => line.includes('is not signed') || line.includes('have a Release file'))
  const notes = unsigned
    ? "N: Updating from such a repository can't be done securely, and is therefore disabled by default.\nN: See apt-secure(8) manpage for repository creation and user configuration details.\n"
    : ''
  yield* p.err([...warnings.map((line) => `W: ${line}\n`), ...errors.map((line) => `E: ${line}\n`), notes].join(''))
  if (warnings.some((line) => line.startsWith('Failed to fetch'))) yield* p.err(`W: ${partly}\n`)
  return errors.length > 0 ? 100 : 0
}

function* tellUpgradable(p: Proc): Run<void> {
  yield* progress(p, 'Building dependency tree')
  yield* progress(p, 'Reading state information')
  const { state } = yield* readState(p)
  const count = upgradable(state).length
  yield* p.out(
    count === 0
      ? 'All packages are up to date.\n'
      : `${count} package${count === 1 ? '' : 's'} can be upgraded. Run 'apt list --upgradable' to see ${count === 1 ? 'it' : 'them'}.\n`,
  )
}

/** One GET of apt's http method. */
export function* get(p: Proc, url: string): Run<HttpResponse | HttpFailure> {
  const request = { method: 'GET', query: {}, headers: { 'user-agent': 'Debian APT-HTTP/1.3 (2.7.14)' } } as const
  return yield* p.http({ url, request })
}

/** apt's words for why nothing came. */
export function reasonOf(site: string, answer: HttpResponse | HttpFailure): string {
  if ('code' in answer) {
    const words: Record<number, string> = { 403: 'Forbidden', 404: 'Not Found' }
    return `${answer.code}  ${words[answer.code] ?? 'Error'} [IP: 203.0.113.60 443]`
  }
  if (answer.failure === 'dns')
    return /no such host/.test(answer.message) ? `Could not resolve '${site}'` : `Temporary failure resolving '${site}'`
  if (answer.failure === 'refused') return `Could not connect to ${site}:443, connection refused`
  if (/no route/.test(answer.message))
    return `Cannot initiate the connection to ${site}:80. - connect (101: Network is unreachable)`
  return `Could not connect to ${site}:443, connection timed out`
}

function* fetchSource(fetching: Fetching, source: Source): Run<void> {
  const { p } = fetching
  const url = releaseUrl(source)
  const answer = yield* get(p, url)
  const shown = shownOf(source, answer)
  const number = fetching.next++
  if ('failure' in answer || answer.code !== 200) return yield* failed(fetching, source, `${number} ${shown}`, answer)
  const body = String(answer.body)
  const problem = yield* signatureProblem(p, source, body)
  const path = `${LISTS}/${listName(url)}`
  const same = problem === undefined && (yield* readText(p, path)) === body && (yield* hasIndices(p, source))
  const size = Number(answer.headers['content-length'] ?? body.length)
  yield* p.out(`${same ? 'Hit' : 'Get'}:${number} ${shown} InRelease${same ? '' : ` [${sizeOf(size)}]`}\n`)
  if (problem !== undefined) {
    yield* p.out(`Err:${number} ${shown} InRelease\n  ${problem}\n`)
    fetching.warnings.push(`GPG error: ${shown} InRelease: ${problem}`)
    fetching.errors.push(`The repository '${nameOf(source)} InRelease' is not signed.`)
    return
  }
  if (same) return
  fetching.bytes += size
  yield* p.writeFile(path, body)
  for (const component of componentsOf(source)) yield* fetchIndex(fetching, source, component, shown)
}

function sizeOf(bytes: number): string {
  return bytes < 10_000
    ? `${bytes} B`
    : bytes < 100_000
      ? `${(bytes / 1000).toFixed(1)} kB`
      : `${(bytes / 1000).toFixed(0)} kB`
}

/** `https://… /deb ` or `http://archive.ubuntu.com/ubuntu noble`; a redirected flat one shows where it went. */
function shownOf(source: Source, answer: HttpResponse | HttpFailure): string {
  const where = 'headers' in answer ? (answer.headers['content-location'] ?? source.uri) : source.uri
  return isFlat(source) ? `${where} ` : `${where} ${source.suite}`
}

function nameOf(source: Source): string {
  return isFlat(source) ? `${source.uri} ` : `${source.uri} ${source.suite}`
}

function* failed(fetching: Fetching, source: Source, line: string, answer: HttpResponse | HttpFailure): Run<void> {
  const why = reasonOf(siteOf(source), answer)
  if ('code' in answer && answer.code === 404) {
    yield* fetching.p.out(
      `Ign:${line} InRelease\nErr:${fetching.next++} ${line.replace(/^\d+ /, '')} Release\n  ${why}\n`,
    )
    fetching.errors.push(`The repository '${nameOf(source)} Release' does not have a Release file.`)
    return
  }
  yield* fetching.p.out(`Err:${line} InRelease\n  ${why}\n`)
  if ('code' in answer) {
    fetching.errors.push(`Failed to fetch ${releaseUrl(source)}  ${why}`)
    fetching.errors.push(`The repository '${nameOf(source)} InRelease' is not signed.`)
  } else fetching.warnings.push(`Failed to fetch ${releaseUrl(source)}  ${why}`)
}

function* hasIndices(p: Proc, source: Source): Run<boolean> {
  const [component = ''] = componentsOf(source)
  return !('error' in (yield* p.stat(`${LISTS}/${listName(packagesUrl(source, component))}`)))
}

function* fetchIndex(fetching: Fetching, source: Source, component: string, shown: string): Run<void> {
  const { p } = fetching
  const url = packagesUrl(source, component)
  const answer = yield* get(p, url)
  if ('failure' in answer || answer.code !== 200) return
  const body = String(answer.body)
  yield* p.writeFile(`${LISTS}/${listName(url)}`, body)
  fetching.bytes += body.length
  if (body === '') return
  const what = isFlat(source) ? 'Packages' : `${component} amd64 Packages`
  yield* p.out(`Get:${fetching.next++} ${shown}${isFlat(source) ? ' ' : '/'}${what} [${sizeOf(body.length)}]\n`)
}

/** Lists of sources that are gone go too. */
function* forgetOthers(p: Proc, sources: readonly Source[]): Run<void> {
  const kept = new Set(
    sources.flatMap((source) => [
      listName(releaseUrl(source)),
      ...componentsOf(source).map((component) => listName(packagesUrl(source, component))),
    ]),
  )
  const listed = yield* p.list(LISTS)
  for (const name of 'names' in listed ? listed.names : [])
    if (/_(InRelease|Packages)$/.test(name) && !kept.has(name)) yield* p.remove(`${LISTS}/${name}`)
}

const KEY_FOLDER = '/etc/apt/trusted.gpg.d'

/** Why the InRelease is not trusted; undefined: it is. */
function* signatureProblem(p: Proc, source: Source, release: string): Run<string | undefined> {
  const [fields = {}] = parseStanzas(release)
  const wanted = fields['Signed-By-Key'] ?? ''
  if (source.trusted === true) return undefined
  const listed = yield* p.list(KEY_FOLDER)
  const everywhere = 'names' in listed ? listed.names.map((name) => `${KEY_FOLDER}/${name}`) : []
  for (const path of source.signedBy === undefined ? everywhere : [source.signedBy])
    if (keysIn((yield* readText(p, path)) ?? '').includes(wanted)) return undefined
  return `The following signatures couldn't be verified because the public key is not available: NO_PUBKEY ${wanted}`
}
