/** Files whose text follows the host: rsyslog's logs out of the journal, and what /proc tells of memory and time. */
import type { Journald, JournalLine } from './journald.ts'
import { syslogTime } from './programs/text.ts'
import { parseSwaps } from './system.ts'

interface Viewed {
  readonly name: string
  readonly journal: Journald
  readonly capacity: { memoryBytes: number; cpus: number }
  readonly files: { text(path: string): string | undefined }
  readonly bootedAtMs: number
  readonly hosts: { readonly kernel: { readonly now: number }; containerLog(host: string, id: string): string }
  usedMemoryBytes(): number
}

const isAuth = ({ identifier }: JournalLine): boolean => ['sshd', 'sudo', 'su', 'login', 'useradd'].includes(identifier)

export function hostViews(host: Viewed): Record<string, (argument: string) => string> {
  const log = (fits: (line: JournalLine) => boolean): string =>
    host.journal
      .read()
      .filter(fits)
      .map(
        (line) =>
          `${syslogTime(line.atMs)} ${host.name} ${line.identifier}${line.identifier === 'kernel' ? '' : `[${line.pid}]`}: ${line.text}\n`,
      )
      .join('')
  return {
    syslog: () => log((line) => !isAuth(line)),
    auth: () => log(isAuth),
    kern: () => log(({ identifier }) => identifier === 'kernel'),
    container: (id) => host.hosts.containerLog(host.name, id),
    meminfo: () => meminfo(host),
    uptime: () => {
      const seconds = (host.hosts.kernel.now - host.bootedAtMs) / 1000
      return `${seconds.toFixed(2)} ${(seconds * host.capacity.cpus * 0.97).toFixed(2)}\n`
    },
    cpuinfo: () => Array.from({ length: host.capacity.cpus }, (_, index) => cpu(index)).join('\n'),
  }
}

function meminfo(host: Viewed): string {
  const total = Math.floor(host.capacity.memoryBytes / 1024)
  const used = Math.floor(host.usedMemoryBytes() / 1024)
  const cached = Math.round(total * 0.1)
  const swap = parseSwaps(host.files.text('/proc/swaps') ?? '').reduce((sum, { sizeKib }) => sum + sizeKib, 0)
  const rows: [string, number][] = [
    ['MemTotal', total],
    ['MemFree', total - used - cached],
    ['MemAvailable', total - used],
    ['Buffers', Math.round(cached * 0.1)],
    ['Cached', Math.round(cached * 0.9)],
    ['SwapCached', 0],
    ['SwapTotal', swap],
    ['SwapFree', swap],
  ]
  return rows.map(([name, kib]) => `${`${name}:`.padEnd(16)}${String(kib).padStart(8)} kB\n`).join('')
}

const cpu = (index: number): string =>
  `processor\t: ${index}\nvendor_id\t: GenuineIntel\nmodel name\t: Intel Xeon Processor (Icelake)\ncpu MHz\t\t: 2599.998\ncpu cores\t: 1\n`
