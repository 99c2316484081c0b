/** timedatectl, hostnamectl, last, who, w, users (Q7). Time zones other than UTC are not modelled. */
import type { Proc, Program, Run } from '../process.ts'
import type { HostFactsAnswer } from '../syscalls/host.ts'
import type { UnitStatus } from '../units/status.ts'
import { uptimeLine } from './identity.ts'
import { parseOptions } from './options.ts'
import { parseTimestamp } from './journalctl.ts'
import { systemdTime, two } from './text.ts'

function* fail(p: Proc, text: string): Run<number> {
  yield* p.err(text)
  return 1
}

const TIMESYNCD = 'systemd-timesyncd.service'

function* ntp(p: Proc): Run<{ enabled: boolean; active: boolean }> {
  const status = (yield* p.ask('unit.status', { unit: TIMESYNCD })) as UnitStatus
  return { enabled: status.enabled === 'enabled', active: status.active === 'active' }
}

const timedatectl: Program = function* (argv, p) {
  const [verb = 'status', argument] = argv.slice(1).filter((word) => !word.startsWith('-'))
  const { active } = yield* ntp(p)
  const facts = (yield* p.ask('host.facts')) as HostFactsAnswer & { clockSkewMs?: number }
  const synced = active && (facts.clockSkewMs ?? 0) === 0
  const now = yield* p.now()
  if (verb === 'status') {
    const bare = systemdTime(now).replace(' UTC', '')
    yield* p.out(
      `               Local time: ${bare} UTC\n           Universal time: ${bare} UTC\n                 RTC time: ${bare}\n                Time zone: Etc/UTC (UTC, +0000)\nSystem clock synchronized: ${synced ? 'yes' : 'no'}\n              NTP service: ${active ? 'active' : 'inactive'}\n          RTC in local TZ: no\n`,
    )
    return 0
  }
  if (verb === 'show') {
    yield* p.out(
      `Timezone=Etc/UTC\nLocalRTC=no\nCanNTP=yes\nNTP=${active ? 'yes' : 'no'}\nNTPSynchronized=${synced ? 'yes' : 'no'}\nTimeUSec=${systemdTime(now)}\nRTCTimeUSec=${systemdTime(now)}\n`,
    )
    return 0
  }
  if (!['set-time', 'set-ntp'].includes(verb)) return yield* fail(p, `not simulated: timedatectl ${verb}\n`)
  if (p.user !== 'root')
    return yield* fail(
      p,
      `Failed to set ${verb === 'set-time' ? 'time' : 'ntp'}: Interactive authentication required.\n`,
    )
  if (verb === 'set-time') {
    if (active) return yield* fail(p, 'Failed to set time: Automatic time synchronization is enabled\n')
    const at = parseTimestamp(argument ?? '', now)
    if (at === undefined)
      return yield* fail(p, `Failed to parse time specification '${argument ?? ''}': Invalid argument\n`)
    yield* p.ask('host.setClock', { atMs: at })
    return 0
  }
  const on = ['1', 'yes', 'true', 'on'].includes(argument ?? '')
  yield* p.ask(on ? 'unit.enable' : 'unit.disable', { unit: TIMESYNCD })
  yield* p.ask(on ? 'unit.start' : 'unit.stop', { unit: TIMESYNCD })
  return 0
}

const hostnamectl: Program = function* (argv, p) {
  const [verb = 'status', name] = argv.slice(1).filter((word) => !word.startsWith('-'))
  if (verb === 'set-hostname' || (verb === 'hostname' && name !== undefined)) {
    if (name === undefined) return yield* fail(p, 'Too few arguments.\n')
    if (p.user !== 'root')
      return yield* fail(p, 'Could not set static hostname: Interactive authentication required.\n')
    yield* p.writeFile('/etc/hostname', `${name}\n`)
    yield* p.writeFile('/proc/sys/kernel/hostname', `${name}\n`)
    return 0
  }
  const file = yield* p.readFile('/etc/hostname')
  const facts = (yield* p.ask('host.facts')) as HostFactsAnswer
  const own = 'text' in file ? file.text.trim() : facts.name
  const short = argv.slice(1).find((word) => ['--static', '--transient', '--pretty'].includes(word))
  if (verb === 'status' && short !== undefined) {
    yield* p.out(short === '--pretty' ? '\n' : `${own}\n`)
    return 0
  }
  if (verb === 'hostname') {
    yield* p.out(`${own}\n`)
    return 0
  }
  if (verb !== 'status') return yield* fail(p, `not simulated: hostnamectl ${verb}\n`)
  yield* p.out(
    ` Static hostname: ${own}\n       Icon name: computer-vm\n         Chassis: vm 🖴\n      Machine ID: ${facts.machineId}\n         Boot ID: ${facts.bootId}\n  Virtualization: kvm\nOperating System: Ubuntu 24.04.1 LTS\n          Kernel: Linux ${facts.kernelVersion}\n    Architecture: x86-64\n`,
  )
  return 0
}

const short = (ms: number): string => {
  const date = new Date(ms)
  const [day, , month] = date.toUTCString().replace(',', '').split(' ')
  return `${day} ${month} ${String(date.getUTCDate()).padStart(2)} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`
}

function span(ms: number): string {
  const minutes = Math.floor(ms / 60_000)
  const days = Math.floor(minutes / 1440)
  return `(${days > 0 ? `${days}+` : ''}${two(Math.floor((minutes % 1440) / 60))}:${two(minutes % 60)})`
}

const last: Program = function* (argv, p) {
  const options = parseOptions(argv, { flags: ['x', 'F', 'i', 'w', 'a', 'd', 'R'], withValue: ['n'] })
  if (options.rest.some((word) => word !== 'reboot'))
    return yield* fail(p, 'not simulated: last of a user (logins are not kept)\n')
  const facts = (yield* p.ask('host.facts')) as HostFactsAnswer
  for (const [index, { atMs, lastMs }] of [...facts.boots.entries()].reverse()) {
    const running = index === facts.boots.length - 1
    const end = lastMs ?? atMs
    yield* p.out(
      `reboot   system boot  ${facts.kernelVersion.padEnd(16)} ${short(atMs)}${running ? '   still running' : ` - ${short(end).slice(-5)}  ${span(end - atMs)}`}\n`,
    )
  }
  yield* p.out(
    `\nwtmp begins ${new Date(facts.boots[0]?.atMs ?? 0).toUTCString().replace(/^(\w+), 0?(\d+) (\w+) (\d+) (\S+).*$/, (_, day: string, date: string, month: string, year: string, time: string) => `${day} ${month} ${date.padStart(2)} ${time} ${year}`)}\n`,
  )
  return 0
}

const who: Program = function* (argv, p) {
  const facts = (yield* p.ask('host.facts')) as HostFactsAnswer
  const stamp = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace('T', ' ')
  if (argv.includes('-b')) yield* p.out(`         system boot  ${stamp(facts.bootedAtClockMs)}\n`)
  else if (yield* p.isTty(0)) yield* p.out(`${p.user.padEnd(8)} pts/0        ${stamp(yield* p.now())}\n`)
  return 0
}

const w: Program = function* (_argv, p) {
  const facts = (yield* p.ask('host.facts')) as HostFactsAnswer
  yield* p.out(
    ` ${uptimeLine(yield* p.now(), facts.uptimeSeconds)}\nUSER     TTY      FROM             LOGIN@   IDLE   JCPU   PCPU WHAT\n`,
  )
  return 0
}

export const clockPrograms = { timedatectl, hostnamectl, last, who, w, users: who }
