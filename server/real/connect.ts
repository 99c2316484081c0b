/** Connections and names as a pod or host sees them, with the tools that are there. */
import type { CommandResult, Reach } from '../../engine/index.ts'

export type Shell = (command: string, timeoutMs: number) => Promise<CommandResult>

/** Bounds what a tool may print, and what goes into a shell. */
const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`

const MARK = 'kubeflight-status:'

/** Opens `http://host:1234/path` or `tcp://host:1234`. Throws when the vantage has no tool for it. */
export async function reachBy(shell: Shell, target: string, timeoutMs: number): Promise<Reach> {
  const seconds = Math.max(1, Math.ceil(timeoutMs / 1000))
  const { code, stdout, stderr } = await shell(
    target.startsWith('tcp:') ? tcpCommand(target, seconds) : httpCommand(target, seconds),
    timeoutMs + 10_000,
  )
  const printed = `${stdout}\n${stderr}`
  const status = new RegExp(`${MARK}(\\d{3})`).exec(printed)?.[1] ?? /HTTP\/1\.[01] (\d{3})/.exec(stderr)?.[1]
  const body = stdout.replace(new RegExp(`\\n?${MARK}\\d*\\s*$`), '')
  if (status !== undefined && status !== '000') return { outcome: 'open', status: Number(status), body }
  if (code === 0) return target.startsWith('tcp:') ? { outcome: 'open' } : { outcome: 'open', status: 200, body }
  return { outcome: outcomeOf(code, printed) }
}

function httpCommand(url: string, seconds: number): string {
  const curl = `curl -sS -k -m ${seconds} -w '\\n${MARK}%{http_code}' ${quote(url)}`
  const wget = `wget -S -O - -T ${seconds} ${quote(url)}`
  return `if command -v curl >/dev/null 2>&1; then ${curl}; else ${wget}; fi`
}

function tcpCommand(target: string, seconds: number): string {
  const { hostname, port } = new URL(target.replace(/^tcp:/, 'http:'))
  return `nc -z -w ${seconds} ${quote(hostname)} ${port || '80'}`
}

const OUTCOMES: [RegExp, Exclude<Reach, { outcome: 'open' }>['outcome']][] = [
  [/refused/i, 'refused'],
  [
    /bad address|could not resolve|name or service not known|unable to resolve|name does not resolve|no such host/i,
    'unresolved',
  ],
  [/unreachable|no route/i, 'unreachable'],
  [/timed out|timeout/i, 'timeout'],
]

/** 127: there was no tool. */
function outcomeOf(code: number, printed: string): Exclude<Reach, { outcome: 'open' }>['outcome'] {
  if (code === 127) throw new Error(`no curl, wget or nc there: ${printed.trim()}`)
  return OUTCOMES.find(([pattern]) => pattern.test(printed))?.[1] ?? 'timeout'
}

export async function resolveBy(shell: Shell, name: string): Promise<string[]> {
  const { stdout } = await shell(
    `if command -v getent >/dev/null 2>&1; then getent ahostsv4 ${quote(name)}; else nslookup ${quote(name)} 2>&1; fi`,
    15_000,
  )
  return parseAddresses(stdout)
}

/** The answers in what getent or nslookup print; the server's own address is none. */
export function parseAddresses(text: string): string[] {
  const answers = /^Name:/m.test(text) ? text.slice(text.search(/^Name:/m)) : /^Server:/m.test(text) ? '' : text
  return [
    ...new Set(
      [...answers.matchAll(/(?<![\d.])(\d{1,3}(?:\.\d{1,3}){3})(?![\d.])/g)].map((found) => found[1] as string),
    ),
  ]
}
