/** GNU wget and busybox wget, whose texts differ (Q6). Not modelled: recursion, retries, continuing. */
import type { HttpFailure, Outgoing, Proc, Program, Run } from '../process.ts'
import { has, parseOptions, valueOf } from './options.ts'
import type { Options } from './options.ts'
import { bodyText, outgoingUrl, parseUrl, reason } from './url.ts'
import type { ParsedUrl } from './url.ts'
import { end } from './end.ts'

const SPEC = {
  flags: ['q', 'S', 'c', 'v', 'nv', 'quiet', 'spider', 'no-check-certificate', 'server-response', 'no-verbose'],
  withValue: [
    'O',
    'T',
    't',
    'Y',
    'U',
    'P',
    'output-document',
    'timeout',
    'tries',
    'header',
    'post-data',
    'user-agent',
    'method',
    'connect-timeout',
  ],
  alias: {
    quiet: 'q',
    'output-document': 'O',
    timeout: 'T',
    tries: 't',
    'connect-timeout': 'T',
    'server-response': 'S',
  },
}

function outgoingOf(options: Options, url: ParsedUrl): Outgoing {
  const headers: Record<string, string> = { host: url.host, 'user-agent': 'Wget', accept: '*/*' }
  for (const header of options.values.get('header') ?? [])
    headers[header.slice(0, header.indexOf(':')).toLowerCase()] = header.slice(header.indexOf(':') + 1).trim()
  const data = valueOf(options, 'post-data')
  const timeout = valueOf(options, 'T')
  const method = data !== undefined ? 'POST' : has(options, 'spider') ? 'HEAD' : 'GET'
  return {
    url: outgoingUrl(url),
    request: { method, query: url.query, headers, ...(data === undefined ? {} : { body: data }) },
    tls: { insecure: has(options, 'no-check-certificate') },
    ...(timeout === undefined ? {} : { timeoutMs: Number(timeout) * 1000 }),
  }
}

const fileOf = (url: ParsedUrl): string => url.path.split('/').at(-1) || 'index.html'

export const busyboxWget: Program = function* (argv, p) {
  const options = parseOptions(argv, SPEC)
  const url = parseUrl(options.rest[0] ?? '')
  if (options.unknown !== undefined || url === undefined)
    return yield* end(
      p,
      1,
      options.unknown === undefined
        ? 'BusyBox v1.36.1 multi-call binary.\n\nUsage: wget [-cqS] [--spider] [-O FILE] [-o LOGFILE] [--header STR]\n\t[--post-data STR | --post-file FILE] [-Y on/off]\n\t[-P DIR] [-U AGENT] [-T SEC] URL...\n'
        : `wget: unrecognized option: ${options.unknown.replace(/^-+/, '')}\n`,
    )
  const quiet = has(options, 'q')
  const address = /^[\d.]+$/.test(url.host) ? url.host : yield* firstAddress(p, url.host)
  if (address === undefined) return yield* end(p, 1, `wget: bad address '${url.host}'\n`)
  if (!quiet) yield* p.err(`Connecting to ${url.host}${url.portGiven ? `:${url.port}` : ''} (${address}:${url.port})\n`)
  const answer = yield* p.http(outgoingOf(options, url))
  if ('failure' in answer) return yield* end(p, 1, busyboxFailure(answer, url, address))
  if (answer.code >= 400)
    return yield* end(p, 1, `wget: server returned error: HTTP/1.1 ${answer.code} ${reason(answer.code)}\n`)
  if (has(options, 'spider')) return quiet ? 0 : yield* end(p, 0, 'remote file exists\n')
  return yield* busyboxSave(p, options, url, bodyText(answer))
}

/** Looks a name up; undefined when it has no address. */
function* firstAddress(p: Proc, name: string): Run<string | undefined> {
  const found = yield* p.resolve(name)
  return 'error' in found ? undefined : found.addresses[0]
}

function busyboxFailure({ failure, message }: HttpFailure, { host }: ParsedUrl, address: string): string {
  if (failure === 'dns') return `wget: bad address '${host}'\n`
  if (failure === 'refused') return `wget: can't connect to remote host (${address}): Connection refused\n`
  if (failure === 'timeout')
    return /no route/.test(message)
      ? `wget: can't connect to remote host (${address}): No route to host\n`
      : 'wget: download timed out\n'
  if (failure === 'tls') return 'wget: error getting response: Connection reset by peer\n'
  return failure === 'interrupted' ? '' : 'wget: error getting response: Connection reset by peer\n'
}

function* busyboxSave(p: Proc, options: Options, url: ParsedUrl, body: string): Run<number> {
  const name = valueOf(options, 'O') ?? fileOf(url)
  const quiet = has(options, 'q')
  if (name === '-') {
    if (!quiet) yield* p.err('writing to stdout\n')
    yield* p.out(body)
  } else {
    if (valueOf(options, 'O') === undefined && !('error' in (yield* p.stat(name))))
      return yield* end(p, 1, `wget: can't open '${name}': File exists\n`)
    const done = yield* p.writeFile(name, body)
    if ('error' in done)
      return yield* end(
        p,
        1,
        `wget: can't open '${name}': ${done.error === 'EROFS' ? 'Read-only file system' : 'Permission denied'}\n`,
      )
    if (!quiet) yield* p.err(`saving to '${name}'\n`)
  }
  const title = (name === '-' ? '-' : name).padEnd(20)
  if (!quiet)
    yield* p.err(
      `${title} 100% |********************************| ${String(body.length).padStart(5)}  0:00:00 ETA\n${name === '-' ? 'written to stdout' : `'${name}' saved`}\n`,
    )
  return 0
}

function stamp(ms: number): string {
  return new Date(ms).toISOString().slice(0, 19).replace('T', ' ')
}

export const wget: Program = function* (argv, p) {
  const options = parseOptions(
    argv.map((word) => (word === '-nv' ? '--no-verbose' : word)),
    SPEC,
  )
  const [text] = options.rest
  const url = parseUrl(text ?? '')
  if (options.unknown !== undefined || url === undefined)
    return yield* end(
      p,
      2,
      `${options.unknown === undefined ? 'wget: missing URL' : `wget: ${options.unknown.startsWith('--') ? 'unrecognized option' : 'invalid option --'} '${options.unknown.replace(/^-(?!-)/, '')}'`}\nUsage: wget [OPTION]... [URL]...\n\nTry \`wget --help' for more options.\n`,
    )
  const say = function* (line: string): Run<void> {
    if (!has(options, 'q')) yield* p.err(line)
  }
  const where = url.host
  yield* say(
    `${has(options, 'spider') ? 'Spider mode enabled. Check if remote file exists.\n' : ''}--${stamp(yield* p.now())}--  ${url.scheme}://${where}${url.portGiven ? `:${url.port}` : ''}${url.target}\n`,
  )
  let shown = `${where}:${url.port}`
  if (!/^[\d.]+$/.test(where)) {
    const address = yield* firstAddress(p, where)
    yield* say(`Resolving ${where} (${where})... ${address ?? 'failed: Name or service not known.'}\n`)
    if (address === undefined) return yield* quietEnd(say, 4, `wget: unable to resolve host address ‘${where}’\n`)
    shown = `${where} (${where})|${address}|:${url.port}`
  }
  yield* say(`Connecting to ${shown}... `)
  const answer = yield* p.http(outgoingOf(options, url))
  if ('failure' in answer) return yield* wgetFailed(say, answer, where)
  yield* say(`connected.\nHTTP request sent, awaiting response... ${answer.code} ${reason(answer.code)}\n`)
  if (answer.code >= 400)
    return yield* quietEnd(
      say,
      8,
      has(options, 'spider')
        ? 'Remote file does not exist -- broken link!!!\n\n'
        : `${stamp(yield* p.now())} ERROR ${answer.code}: ${reason(answer.code)}.\n\n`,
    )
  const body = bodyText(answer)
  yield* say(
    `Length: ${has(options, 'spider') ? 'unspecified' : body.length} [${answer.headers['content-type'] ?? 'text/html'}]\n`,
  )
  if (has(options, 'spider'))
    return yield* quietEnd(
      say,
      0,
      'Remote file exists and could contain further links,\nbut recursion is disabled -- not retrieving.\n\n',
    )
  return yield* save(p, options, url, body, say)
}

type Say = (line: string) => Run<void>

function* quietEnd(say: Say, code: number, text: string): Run<number> {
  yield* say(text)
  return code
}

function* wgetFailed(say: Say, { failure, message }: HttpFailure, host: string): Run<number> {
  if (failure === 'interrupted') return 130
  if (failure === 'tls')
    return yield* quietEnd(
      say,
      5,
      `connected.\nERROR: cannot verify ${host}'s certificate, issued by ‘CN=kubernetes’:\n  Unable to locally verify the issuer's authority.\nTo connect to ${host} insecurely, use \`--no-check-certificate'.\n`,
    )
  const why =
    failure === 'refused'
      ? 'Connection refused.'
      : /no route/.test(message)
        ? 'No route to host.'
        : 'Connection timed out.'
  return yield* quietEnd(
    say,
    4,
    failure === 'reset'
      ? 'connected.\nHTTP request sent, awaiting response... Read error (Connection reset by peer) in headers.\nGiving up.\n\n'
      : `failed: ${why}\n${failure === 'timeout' ? 'Giving up.\n\n' : ''}`,
  )
}

function* save(p: Proc, options: Options, url: ParsedUrl, body: string, say: Say): Run<number> {
  const name = valueOf(options, 'O') ?? fileOf(url)
  const title = name === '-' ? 'STDOUT' : name
  yield* say(`Saving to: ‘${title}’\n\n`)
  if (name === '-') yield* p.out(body)
  else {
    const done = yield* p.writeFile(name, body)
    if ('error' in done)
      return yield* end(
        p,
        3,
        `${name}: ${done.error === 'ENOENT' ? 'No such file or directory' : 'Permission denied'}\n`,
      )
  }
  const to = name === '-' ? 'written to stdout' : `‘${name}’ saved`
  yield* say(
    `${title.padEnd(20)}100%[===================>] ${String(body.length).padStart(7)}  --.-KB/s    in 0s      \n\n${stamp(yield* p.now())} (178 MB/s) - ${to} [${body.length}/${body.length}]\n\n`,
  )
  return 0
}
