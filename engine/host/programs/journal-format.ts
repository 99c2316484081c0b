/** Journal lines as journalctl prints them (Q2). */
import type { Catalog, JournalLine } from '../journald.ts'
import { syslogTime } from './text.ts'

export type JournalOutput = 'short' | 'short-iso' | 'cat' | 'json' | 'short-precise' | 'short-unix'

/** One line without its newline. */
export function journalLine(line: JournalLine, host: string, output: JournalOutput): string {
  if (output === 'cat') return line.text
  if (output === 'json') return JSON.stringify(jsonOf(line, host))
  const who = line.identifier === 'kernel' ? 'kernel' : `${line.identifier}[${line.pid}]`
  return `${timeOf(line.atMs, output)} ${host} ${who}: ${line.text}`
}

function timeOf(atMs: number, output: JournalOutput): string {
  if (output === 'short-iso') return `${new Date(atMs).toISOString().slice(0, 19)}+0000`
  if (output === 'short-precise') return `${syslogTime(atMs)}.${String(atMs % 1000).padStart(3, '0')}000`
  if (output === 'short-unix') return `${Math.floor(atMs / 1000)}.${String(atMs % 1000).padStart(3, '0')}000`
  return syslogTime(atMs)
}

function jsonOf(line: JournalLine, host: string): Record<string, string> {
  return {
    MESSAGE: line.text,
    PRIORITY: String(line.priority),
    SYSLOG_IDENTIFIER: line.identifier,
    _PID: String(line.pid),
    _HOSTNAME: host,
    _BOOT_ID: line.bootId,
    __REALTIME_TIMESTAMP: `${line.atMs}000`,
    ...(line.unit === '' ? {} : line.identifier === 'systemd' ? { UNIT: line.unit } : { _SYSTEMD_UNIT: line.unit }),
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
