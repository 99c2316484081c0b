/** Journal lines as journalctl prints them (Q2). */
import type { Catalog, JournalLine } from '../journald.ts'
import { syslogTime, systemdTime } from './text.ts'

export const OUTPUTS = [
  'short',
  'short-full',
  'short-iso',
  'short-iso-precise',
  'short-precise',
  'short-monotonic',
  'short-unix',
  'with-unit',
  'verbose',
  'export',
  'json',
  'json-pretty',
  'json-sse',
  'cat',
] as const

export type JournalOutput = (typeof OUTPUTS)[number]

/** One line without its newline. `bootedAtMs` is what monotonic times count from. */
export function journalLine(
  line: JournalLine,
  host: string,
  output: JournalOutput,
  options: { hostname?: boolean; bootedAtMs?: number; fields?: readonly string[] } = {},
): string {
  if (output === 'cat') return line.text
  if (output.startsWith('json') || output === 'verbose' || output === 'export')
    return structured(line, host, output, options.fields)
  const who = line.identifier === 'kernel' ? 'kernel' : `${line.identifier}[${line.pid}]`
  const named = output === 'with-unit' && line.unit !== '' ? `${line.unit}: ${who}`.replace(/^(.*): .*\[/, '$1[') : who
  const where = options.hostname === false ? '' : ` ${host}`
  return `${timeOf(line.atMs, output, options.bootedAtMs ?? line.atMs)}${where} ${named}: ${line.text}`
}

function structured(line: JournalLine, host: string, output: JournalOutput, wanted?: readonly string[]): string {
  const all = fieldsOf(line, host)
  const fields =
    wanted === undefined
      ? all
      : Object.fromEntries(Object.entries(all).filter(([name]) => name.startsWith('__') || wanted.includes(name)))
  if (output === 'json') return JSON.stringify(fields)
  if (output === 'json-sse') return `data: ${JSON.stringify(fields)}\n`
  if (output === 'json-pretty')
    return `{\n${Object.entries(fields)
      .map(([name, text]) => `\t${JSON.stringify(name)} : ${JSON.stringify(text)}`)
      .join(',\n')}\n}`
  if (output === 'export')
    return `${Object.entries(fields)
      .map(([name, text]) => `${name}=${text}\n`)
      .join('')}`
  const cursor = all.__CURSOR ?? ''
  const shown = Object.entries(fields).filter(([name]) => !name.startsWith('__'))
  return [
    `${systemdTime(line.atMs).replace(' UTC', `.${micros(line.atMs)} UTC`)} [${cursor}]`,
    ...shown.map(([name, text]) => `    ${name}=${text}`),
  ].join('\n')
}

const micros = (atMs: number): string => `${String(Math.floor(atMs) % 1000).padStart(3, '0')}000`

function timeOf(atMs: number, output: JournalOutput, bootedAtMs: number): string {
  const iso = new Date(atMs).toISOString().slice(0, 19)
  switch (output) {
    case 'short-iso':
      return `${iso}+0000`
    case 'short-iso-precise':
      return `${iso}.${micros(atMs)}+0000`
    case 'short-precise':
      return `${syslogTime(atMs)}.${micros(atMs)}`
    case 'short-unix':
      return `${Math.floor(atMs / 1000)}.${micros(atMs)}`
    case 'short-monotonic':
      return `[${((atMs - bootedAtMs) / 1000).toFixed(6).padStart(12)}]`
    case 'short-full':
    case 'with-unit':
      return systemdTime(atMs)
    default:
      return syslogTime(atMs)
  }
}

/** The fields of an entry, by the names that matches use. */
export function fieldsOf(line: JournalLine, host: string): Record<string, string> {
  const kernel = line.identifier === 'kernel'
  const own = line.identifier === 'systemd' || line.unit === ''
  return {
    __CURSOR: `s=${line.bootId};i=${line.seq.toString(16)};b=${line.bootId};t=${Math.floor(line.atMs).toString(16)}`,
    __REALTIME_TIMESTAMP: `${Math.floor(line.atMs)}000`,
    MESSAGE: line.text,
    PRIORITY: String(line.priority),
    SYSLOG_IDENTIFIER: line.identifier,
    ...(kernel
      ? { _TRANSPORT: 'kernel' }
      : {
          _TRANSPORT: own ? 'journal' : 'stdout',
          _PID: String(line.pid),
          _COMM: line.identifier,
          _UID: '0',
          _GID: '0',
        }),
    _HOSTNAME: host,
    _BOOT_ID: line.bootId,
    ...(line.unit === ''
      ? {}
      : line.identifier === 'systemd'
        ? { UNIT: line.unit, _SYSTEMD_UNIT: 'init.scope' }
        : { _SYSTEMD_UNIT: line.unit }),
  }
}

/** What `-x` prints below a line; each line with its newline. */
export function catalogBlock(catalog: Catalog, unit: string): string {
  const [subject, ...body] = explain(catalog, unit)
  const lines = [`Subject: ${subject}`, 'Defined-By: systemd', 'Support: http://www.ubuntu.com/support', '', ...body]
  return lines.map((line) => `░░ ${line}\n`).join('')
}

function explain(catalog: Catalog, unit: string): string[] {
  switch (catalog.kind) {
    case 'started':
      return [
        `A start job for unit ${unit} has finished successfully`,
        `A start job for unit ${unit} has finished successfully.`,
        '',
        `The job identifier is ${catalog.job}.`,
      ]
    case 'starting':
      return [
        `A start job for unit ${unit} has begun execution`,
        `A start job for unit ${unit} has begun execution.`,
        '',
        `The job identifier is ${catalog.job}.`,
      ]
    case 'stopping':
      return [
        `A stop job for unit ${unit} has begun execution`,
        `A stop job for unit ${unit} has begun execution.`,
        '',
        `The job identifier is ${catalog.job}.`,
      ]
    case 'stopped':
      return [
        `A stop job for unit ${unit} has finished`,
        `A stop job for unit ${unit} has finished.`,
        '',
        `The job identifier is ${catalog.job} and the job result is done.`,
      ]
    case 'startFailed':
      return [
        `A start job for unit ${unit} has failed`,
        `A start job for unit ${unit} has finished with a failure.`,
        '',
        `The job identifier is ${catalog.job} and the job result is failed.`,
      ]
    case 'exited':
      return [
        'Unit process exited',
        `An ExecStart= process belonging to unit ${unit} has exited.`,
        '',
        `The process' exit code is '${catalog.how}' and its exit status is ${catalog.status}.`,
      ]
    case 'failed':
      return ['Unit failed', `The unit ${unit} has entered the 'failed' state with result '${catalog.result}'.`]
    case 'succeeded':
      return ['Unit succeeded', `The unit ${unit} has successfully entered the 'dead' state.`]
    case 'restartScheduled':
      return [
        'Automatic restarting of a unit has been scheduled',
        `Automatic restarting of the unit ${unit} has been scheduled, as the result for`,
        'the configured Restart= setting for the unit.',
      ]
  }
}
