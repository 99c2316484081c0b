/** How Linux tools print times, sizes, tables and errors. */
import type { Errno } from '../process.ts'

export const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const
export const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'] as const

const ERRNO_TEXT: Record<Errno['error'], string> = {
  ENOENT: 'No such file or directory',
  EACCES: 'Permission denied',
  EISDIR: 'Is a directory',
  ENOTDIR: 'Not a directory',
  EEXIST: 'File exists',
  ENOTEMPTY: 'Directory not empty',
  EROFS: 'Read-only file system',
  ENOSPC: 'No space left on device',
  EINVAL: 'Invalid argument',
  ELOOP: 'Too many levels of symbolic links',
}

/** strerror(3). */
export function errnoText(errno: Errno): string {
  return ERRNO_TEXT[errno.error]
}

export function two(n: number): string {
  return String(n).padStart(2, '0')
}

/** `01:50:17` in UTC. */
export function clockTime(ms: number): string {
  return new Date(ms).toISOString().slice(11, 19)
}

/** `Nov 21 01:50:17`, as syslog. */
export function syslogTime(ms: number): string {
  const date = new Date(ms)
  return `${MONTHS[date.getUTCMonth()]} ${two(date.getUTCDate())} ${clockTime(ms)}`
}

/** `Sat 2026-11-21 01:49:15 UTC`, as systemctl. */
export function systemdTime(ms: number): string {
  const iso = new Date(ms).toISOString()
  return `${DAYS[new Date(ms).getUTCDay()]} ${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`
}

const SPANS: [ms: number, name: string, plural?: string][] = [
  [31_557_600_000, ' year', ' years'],
  [2_629_800_000, ' month', ' months'],
  [604_800_000, ' week', ' weeks'],
  [86_400_000, ' day', ' days'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1000, 's'],
  [1, 'ms'],
]

/** `2min 3s ago`, `3 days ago`. Models systemd's format_timestamp_relative. */
export function ago(ms: number): string {
  const first = SPANS.findIndex(([span]) => ms >= span)
  const [span, name, plural] = SPANS[first] ?? [1, 'ms', undefined]
  const count = Math.floor(ms / span)
  const text = `${count}${count === 1 ? name : (plural ?? name)}`
  const next = SPANS[first + 1]
  const rest = next === undefined ? 0 : Math.floor((ms % span) / next[0])
  const second =
    first < 0 || span >= 2_629_800_000 * 12 || span === 86_400_000 || span <= 1000 || next === undefined || rest === 0
      ? ''
      : ` ${rest}${rest === 1 ? next[1] : (next[2] ?? next[1])}`
  return `${text}${second} ago`
}

/** `1.126s`, `2min 3.456s`, as systemd prints how long something took. */
export function timespan(ms: number): string {
  const minutes = Math.floor(ms / 60_000)
  const hours = Math.floor(minutes / 60)
  const seconds = (ms % 60_000) / 1000
  if (ms < 1000) return `${Math.round(ms)}ms`
  const tail = `${hours > 0 ? String(Math.round(seconds)) : String(Number(seconds.toFixed(3)))}s`
  return [hours > 0 ? `${hours}h` : '', minutes > 0 ? `${minutes % 60}min` : '', tail]
    .filter((part) => part !== '')
    .join(' ')
}

/** `240.0K`, `12.3M`, as systemctl prints memory. */
export function systemdBytes(bytes: number): string {
  for (const [suffix, unit] of [
    ['G', 1024 ** 3],
    ['M', 1024 ** 2],
    ['K', 1024],
  ] as const)
    if (bytes >= unit) return `${(bytes / unit).toFixed(1)}${suffix}`
  return `${bytes}B`
}

/** `3.8M`, `12K`, rounded up, as ls -h and du -h. */
export function humanSize(bytes: number): string {
  if (bytes < 1024) return String(bytes)
  let size = bytes
  let unit = -1
  while (size >= 1024 && unit < 5) {
    size /= 1024
    unit++
  }
  const text = size < 10 ? (Math.ceil(size * 10) / 10).toFixed(1) : String(Math.ceil(size))
  return `${text}${'KMGTPE'.charAt(unit)}`
}

/** Columns of equal width, two blanks between; the last is not padded. */
export function columns(
  rows: readonly (readonly string[])[],
  options: { gap?: number; right?: readonly number[] } = {},
): string[] {
  const widths: number[] = []
  for (const row of rows) row.forEach((cell, index) => (widths[index] = Math.max(widths[index] ?? 0, cell.length)))
  const pad = (cell: string, index: number, last: boolean): string => {
    if (options.right?.includes(index)) return cell.padStart(widths[index] ?? 0)
    return last ? cell : cell.padEnd(widths[index] ?? 0)
  }
  return rows.map((row) =>
    row.map((cell, index) => pad(cell, index, index === row.length - 1)).join(' '.repeat(options.gap ?? 2)),
  )
}
