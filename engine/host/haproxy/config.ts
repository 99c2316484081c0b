/**
 * haproxy.cfg as far as a TCP load balancer needs it. Models src/cfgparse*.c of HAProxy 2.8: sections global,
 * defaults, frontend, backend and listen. Unknown keywords are refused as HAProxy refuses them; what is known
 * but means nothing here is in `IDLE`. What would matter and is not modelled (HTTP rules, ACLs, stick tables, TLS of
 * HAProxy's own) refuses with `not simulated: …`, see `BEYOND`. `mode http` is carried as `mode tcp` is.
 */
import { editDistance } from '../edit-distance.ts'
/** Where it looks without -f. */
export const HAPROXY_CONFIG = '/etc/haproxy/haproxy.cfg'

export type Balance = 'roundrobin' | 'static-rr' | 'leastconn' | 'first' | 'source' | 'random'

export interface ServerConfig {
  name: string
  address: string
  port: number
  check: boolean
  weight: number
  backup: boolean
  disabled: boolean
  interMs: number
  /** While its state is in doubt, and while it is down; default `interMs`. */
  fastinterMs?: number
  downinterMs?: number
  fall: number
  rise: number
}

/** What a health check asks; absent: a connection is enough. */
export interface HttpCheck {
  method: string
  uri: string
  secure: boolean
  /** Undefined: 2xx and 3xx. */
  status?: number
}

export interface Backend {
  name: string
  balance: Balance
  redispatch: boolean
  httpCheck?: HttpCheck
  /** `timeout check` */
  checkTimeoutMs?: number
  servers: ServerConfig[]
}

export interface Frontend {
  name: string
  binds: { address: string; port: number }[]
  backend: string
}

export interface HaproxyConfig {
  frontends: Frontend[]
  backends: Backend[]
}

/** A complaint of the parser, without the prefix `[ALERT] (pid) : config : `. */
export interface Alert {
  text: string
  /** Nothing more is said after it. */
  alone?: true
  /** It is not about the configuration. */
  plain?: true
}

interface Draft extends Backend {
  kind: string
  binds: Frontend['binds']
  defaultBackend?: string
  /** `default-server` */
  defaultServer?: string[]
}

const BALANCES: readonly string[] = ['roundrobin', 'static-rr', 'leastconn', 'first', 'source', 'random']
const SECTIONS: readonly string[] = ['global', 'defaults', 'frontend', 'backend', 'listen']
/** Known, and without meaning for what is modelled. */
const IDLE =
  /^(log|maxconn|chroot|stats|user|group|daemon|nbthread|pidfile|ca-base|crt-base|ssl-default-\S+|mode|timeout|errorfile|retries|option|description|id|log-format|log-tag|fullconn|http-check|tcp-check|tune\.\S+|hard-stop-after|unix-bind|spread-checks|server-state-\S+|load-server-state-from-file|zero-warning|master-worker|external-check|no|enabled)$/
/** Known, with a meaning that is not modelled. */
const BEYOND =
  /^(acl|use-server|http-request|http-response|http-after-response|tcp-request|tcp-response|stick|stick-table|cookie|filter|compression|capture|redirect|server-template|http-reuse|hash-type|monitor-uri|monitor|errorloc\S*|peers|email-alert|declare|unique-id-\S+|lua-load\S*|setenv|presetenv|resolvers)$/
const OWN: readonly string[] = [
  'bind',
  'server',
  'default_backend',
  'use_backend',
  'balance',
  'option',
  'default-server',
]
/** What is guessed for a misspelt keyword. */
const GUESSES: readonly string[] = [...OWN, 'mode', 'timeout', 'log', 'maxconn', 'retries', 'http-check', 'tcp-check', 'errorfile', 'stats', 'daemon', 'user', 'group', 'chroot', 'nbthread', 'pidfile'] // prettier-ignore
const DEFAULT_INTER_MS = 2_000

interface Parsing {
  file: string
  drafts: Draft[]
  defaults: Partial<Draft>
  section: string
  alerts: Alert[]
}

/** The configuration, or what HAProxy says about it. */
export function parseHaproxy(text: string, file: string): { config: HaproxyConfig } | { alerts: Alert[] } {
  const parsing: Parsing = { file, drafts: [], defaults: {}, section: '', alerts: [] }
  const lines = text.split('\n')
  lines.forEach((line, index) => readLine(parsing, line, index + 1))
  const last = lines.at(-1) ?? ''
  if (last !== '')
    parsing.alerts.push({
      text: `parsing [${file}:${lines.length}]: Missing LF on last line, file might have been truncated at position ${last.length + 1}.`,
    })
  if (parsing.alerts.length > 0)
    return { alerts: [...parsing.alerts, { text: `Error(s) found in configuration file : ${file}` }] }
  const config = assemble(parsing)
  return parsing.alerts.length > 0 ? { alerts: parsing.alerts } : { config }
}

/** What a file's text comes to; no text: no file. */
export function checkedConfig(text: string | undefined, file: string): { config: HaproxyConfig } | { alerts: Alert[] } {
  if (text !== undefined) return parseHaproxy(text, file)
  return {
    alerts: [{ text: `Cannot open configuration file/directory ${file} : No such file or directory`, alone: true }],
  }
}

/** The lines that HAProxy writes about them. */
export function alertLines(alerts: readonly Alert[], pid: number, version: string): string[] {
  const texts = alerts.map(({ text, plain }) => `[ALERT]    (${pid}) : ${plain ? '' : 'config : '}${text}`)
  const isAlone = alerts.some(({ alone, plain }) => alone === true || plain === true)
  return [
    `[NOTICE]   (${pid}) : haproxy version is ${version}`,
    `[NOTICE]   (${pid}) : path to executable is /usr/sbin/haproxy`,
    ...texts,
    ...(isAlone ? [] : [`[ALERT]    (${pid}) : config : Fatal errors found in configuration.`]),
  ]
}

function readLine(parsing: Parsing, line: string, number: number): void {
  const words = line
    .replace(/(^|\s)#.*/, '')
    .trim()
    .split(/\s+/)
  const keyword = words[0] ?? ''
  if (keyword === '') return
  if (SECTIONS.includes(keyword)) return openSection(parsing, keyword, words[1] ?? '')
  const complain = (text: string): void => {
    parsing.alerts.push({ text: `parsing [${parsing.file}:${number}] : ${text}` })
  }
  if (parsing.section === '') return complain(`unknown keyword '${keyword}' out of section.`)
  readKeyword(parsing, words, complain)
}

function openSection(parsing: Parsing, kind: string, name: string): void {
  parsing.section = kind
  if (kind === 'global') return
  const fresh = { kind, name, balance: 'roundrobin' as const, redispatch: false, servers: [], binds: [] }
  if (kind === 'defaults') parsing.defaults = {}
  else parsing.drafts.push({ ...fresh, ...parsing.defaults })
}

function readKeyword(parsing: Parsing, words: string[], complain: (text: string) => void): void {
  const { section, drafts } = parsing
  const draft = section === 'defaults' ? parsing.defaults : drafts[drafts.length - 1]
  const [keyword = '', second = ''] = words
  if (BEYOND.test(keyword)) return complain(`not simulated: '${keyword}'`)
  if (section === 'global' || draft === undefined)
    return IDLE.test(keyword) ? undefined : unknown(keyword, section, complain)
  if (keyword === 'bind') return readBind(draft, words, complain)
  if (keyword === 'server') return readServer(draft, words, complain)
  if (keyword === 'use_backend') {
    if (words.length > 2) return complain("not simulated: 'use_backend' with a condition")
    draft.defaultBackend ??= second
  } else if (keyword === 'default_backend') draft.defaultBackend = second
  else if (keyword === 'default-server') draft.defaultServer = [...(draft.defaultServer ?? []), ...words.slice(1)]
  else if (keyword === 'timeout' && second === 'check') draft.checkTimeoutMs = durationOf(words[2] ?? '')
  else if (keyword === 'balance') readBalance(draft, second, complain)
  else if (keyword === 'option' && second === 'redispatch') draft.redispatch = true
  else if (keyword === 'option' && second === 'httpchk')
    draft.httpCheck = { method: 'OPTIONS', uri: '/', secure: false, ...pathOf(words.slice(2)) }
  else if (keyword === 'http-check') readHttpCheck(draft, words.slice(1))
  else if (!IDLE.test(keyword)) unknown(keyword, section, complain)
}

function unknown(keyword: string, section: string, complain: (text: string) => void): void {
  const guess = GUESSES.find((one) => editDistance(keyword, one) <= 2)
  complain(
    `unknown keyword '${keyword}' in '${section}' section${guess === undefined ? '' : `; did you mean '${guess}' maybe ?`}`,
  )
}

const pathOf = ([first, second]: string[]): Partial<HttpCheck> =>
  first === undefined ? {} : second === undefined ? { uri: first } : { method: first, uri: second }

function readBalance(draft: Partial<Draft>, name: string, complain: (text: string) => void): void {
  if (BALANCES.includes(name)) draft.balance = name as Balance
  else complain(`'balance' : '${name}' is not a supported algorithm.`)
}

function readBind(draft: Partial<Draft>, [, texts = '', ...options]: string[], complain: (text: string) => void): void {
  if (options.includes('ssl')) return complain("not simulated: 'bind' with 'ssl'")
  for (const text of texts.split(',')) {
    const match = /^(\*|[\d.]*):(\d+)$/.exec(text)
    if (match === null) return complain(`'bind' : missing port number: '${text}'`)
    draft.binds = [
      ...(draft.binds ?? []),
      { address: match[1] === '*' ? '' : (match[1] as string), port: Number(match[2]) },
    ]
  }
}

function readHttpCheck(draft: Partial<Draft>, words: string[]): void {
  const check: HttpCheck = draft.httpCheck ?? { method: 'OPTIONS', uri: '/', secure: false }
  const after = (name: string): string | undefined => {
    const at = words.indexOf(name)
    return at < 0 ? undefined : words[at + 1]
  }
  draft.httpCheck = {
    method: after('meth') ?? check.method,
    uri: after('uri') ?? check.uri,
    secure: check.secure || (words[0] === 'connect' && words.includes('ssl')),
    ...(after('status') !== undefined
      ? { status: Number(after('status')) }
      : check.status !== undefined && { status: check.status }),
  }
}

function readServer(draft: Partial<Draft>, words: string[], complain: (text: string) => void): void {
  const [, name = '', where = '', ...rest] = words
  const match = /^([\w.-]+):(\d+)$/.exec(where)
  if (match === null) return complain(`'server ${name}' : invalid address: '${where}'`)
  const server: ServerConfig = {
    name,
    address: match[1] as string,
    port: Number(match[2]),
    check: false,
    weight: 1,
    backup: false,
    disabled: false,
    interMs: DEFAULT_INTER_MS,
    fall: 3,
    rise: 2,
  }
  const wrong = readOptions(server, [...(draft.defaultServer ?? []), ...rest], draft)
  if (wrong !== undefined) return complain(`'server ${name}' : unknown keyword '${wrong}'.`)
  draft.servers = [...(draft.servers ?? []), server]
}

/** The word that is unknown, if there is one. */
function readOptions(server: ServerConfig, words: string[], draft: Partial<Draft>): string | undefined {
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string
    if (word === 'check' || word === 'backup' || word === 'disabled') server[word] = true
    else if (word === 'check-ssl')
      draft.httpCheck = { ...(draft.httpCheck ?? { method: 'OPTIONS', uri: '/' }), secure: true }
    else if (word === 'weight' || word === 'fall' || word === 'rise') server[word] = Number(words[++i])
    else if (word === 'inter') server.interMs = durationOf(words[++i] ?? '')
    else if (word === 'fastinter') server.fastinterMs = durationOf(words[++i] ?? '')
    else if (word === 'downinter') server.downinterMs = durationOf(words[++i] ?? '')
    else if (word === 'no-check') server.check = false
    else if (word === 'enabled') server.disabled = false
    else if (
      /^(verify|maxconn|cookie|sni|id|resolvers|init-addr|slowstart|maxqueue|ca-file|on-marked-down|on-marked-up|error-limit|observe)$/.test(
        word,
      )
    )
      i++
    else if (!/^(ssl|send-proxy|send-proxy-v2)$/.test(word)) return word
  }
  return undefined
}

/** HAProxy counts in milliseconds unless told otherwise. */
function durationOf(text: string): number {
  const match = /^(\d+)(us|ms|s|m|h|d)?$/.exec(text)
  const units: Record<string, number> = { us: 0.001, ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
  return Math.max(1, Number(match?.[1] ?? DEFAULT_INTER_MS) * (units[match?.[2] ?? 'ms'] ?? 1))
}

function assemble(parsing: Parsing): HaproxyConfig {
  const { drafts } = parsing
  const backends = drafts.filter(({ kind }) => kind === 'backend' || kind === 'listen').map(backendOf)
  const frontends = drafts
    .filter(({ kind }) => kind === 'frontend' || kind === 'listen')
    .map((draft) => ({
      name: draft.name,
      binds: draft.binds,
      backend: draft.kind === 'listen' ? draft.name : (draft.defaultBackend ?? ''),
    }))
  for (const { name, backend } of frontends)
    if (backend !== '' && !backends.some((one) => one.name === backend))
      parsing.alerts.push({ text: `Proxy '${name}': unable to find required default_backend: '${backend}'.` })
  return { frontends, backends }
}

const backendOf = ({ name, balance, redispatch, httpCheck, checkTimeoutMs, servers }: Draft): Backend => ({
  name,
  balance,
  redispatch,
  servers,
  ...(httpCheck && { httpCheck }),
  ...(checkTimeoutMs !== undefined && { checkTimeoutMs }),
})
