/** Models systemctl of systemd 255 (Q1). Not modelled: --user, --root, sockets, set-property. */
import type { Proc, Program, Run } from '../process.ts'
import { signalName } from '../signals.ts'
import type { JobStart } from '../units/answers.ts'
import type { UnitStatus } from '../units/status.ts'
import { has, parseOptions, valueOf } from './options.ts'
import { analyze, notify } from './systemd/analyze.ts'
import { edit } from './systemd/edit.ts'
import { fail, statusOf, warnStale, withSuffix } from './systemd/common.ts'
import type { Verb } from './systemd/common.ts'
import { listDependencies, listJobs, listTimers, listUnitFiles, listUnits } from './systemd/lists.ts'
import { cat, show, status } from './systemd/show.ts'
import { globPattern } from './patterns.ts'

const SPEC = {
  flags: [
    'now',
    'all',
    'a',
    'no-pager',
    'failed',
    'full',
    'l',
    'no-legend',
    'quiet',
    'q',
    'force',
    'f',
    'no-block',
    'plain',
    'value',
    'runtime',
    'no-ask-password',
    'system',
    'no-wall',
    'version',
    'help',
    'h',
    'no-reload',
    'reverse',
    'after',
    'before',
    'recursive',
    'r',
    'wait',
    'user',
    'global',
    'dry-run',
    'ignore-dependencies',
    'show-types',
    'legend',
    'i',
    'r',
    'P',
  ],
  withValue: [
    'type',
    't',
    'state',
    'property',
    'p',
    'lines',
    'n',
    'output',
    'o',
    'signal',
    's',
    'kill-who',
    'kill-whom',
    'drop-in',
    'job-mode',
    'preset-mode',
    'what',
    'root',
    'host',
    'H',
    'timestamp',
  ],
  alias: {
    a: 'all',
    t: 'type',
    p: 'property',
    n: 'lines',
    q: 'quiet',
    l: 'full',
    o: 'output',
    s: 'signal',
    f: 'force',
    h: 'help',
    'kill-who': 'kill-whom',
  },
}

export const systemctl: Program = function* (argv, p) {
  const called = (argv[0] ?? '').split('/').at(-1) ?? ''
  if (called !== 'systemctl') return yield* power(p, called, argv.slice(1))
  const options = parseOptions(argv, SPEC)
  if (options.unknown !== undefined) {
    const long = options.unknown.startsWith('--')
    return yield* fail(
      p,
      `systemctl: ${long ? 'unrecognized' : 'invalid'} option ${long ? '' : '-- '}'${options.unknown.replace(/^-(?=[^-])/, '')}'\n`,
    )
  }
  for (const refused of ['user', 'global', 'root', 'host', 'H', 'runtime'])
    if (has(options, refused)) return yield* fail(p, `not simulated: systemctl --${refused}\n`)
  if (has(options, 'version')) {
    yield* p.out(VERSION)
    return 0
  }
  const [verb = 'list-units', ...names] = options.rest
  const known = verbs[verb]
  if (known === undefined)
    return yield* fail(
      p,
      UNMODELLED.has(verb) ? `not simulated: systemctl ${verb}\n` : `Unknown command verb ${verb}.\n`,
    )
  if (NEEDS_UNIT.has(verb) && names.length === 0) return yield* fail(p, 'Too few arguments.\n')
  const probe = yield* p.ask('unit.status', { unit: 'systemd-journald' })
  if (typeof probe === 'object' && probe !== null && 'error' in probe)
    return yield* fail(
      p,
      "System has not been booted with systemd as init system (PID 1). Can't operate.\nFailed to connect to bus: Host is down\n",
    )
  const units = verb === 'link' ? names : yield* expanded(p, names)
  return yield* known({ p, verb, units, options })
}

const VERSION =
  'systemd 255 (255.4-1ubuntu8.4)\n+PAM +AUDIT +SELINUX +APPARMOR +IMA +SMACK +SECCOMP +GCRYPT -GNUTLS +OPENSSL +ACL +BLKID +CURL +ELFUTILS +FIDO2 +IDN2 -IDN +IPTC +KMOD +LIBCRYPTSETUP +LIBFDISK +PCRE2 -PWQUALITY +P11KIT +QRENCODE +TPM2 +BZIP2 +LZ4 +XZ +ZLIB +ZSTD -BPF_FRAMEWORK -XKBCOMMON +UTMP +SYSVINIT default-hierarchy=unified\n'

/** Names with `*`, `?` and `[` stand for the loaded units that fit. */
function* expanded(p: Proc, names: readonly string[]): Run<string[]> {
  const units: string[] = []
  for (const name of names) {
    if (!/[*?[]/.test(name)) {
      units.push(withSuffix(name))
      continue
    }
    const shape = globPattern(name)
    const all = (yield* p.ask('unit.list')) as UnitStatus[]
    units.push(...all.filter((unit) => shape.test(unit.name)).map((unit) => unit.name))
  }
  return units
}

const NEEDS_UNIT = new Set([
  'start',
  'stop',
  'restart',
  'reload',
  'try-restart',
  'reload-or-restart',
  'enable',
  'disable',
  'mask',
  'unmask',
  'cat',
  'is-active',
  'is-enabled',
  'is-failed',
  'reenable',
  'kill',
  'edit',
])
const UNMODELLED = new Set([
  'set-property',
  'list-sockets',
  'list-paths',
  'list-automounts',
  'list-machines',
  'suspend',
  'hibernate',
  'rescue',
  'emergency',
  'help',
  'show-environment',
  'set-environment',
  'freeze',
  'thaw',
  'clean',
  'bind',
  'log-level',
  'cancel',
])

/** reboot, poweroff, halt, shutdown. */
function* power(p: Proc, called: string, words: readonly string[] = []): Run<number> {
  if (called === 'shutdown' && words.includes('-c')) return 0
  const later = words.find((word) => /^\+\d+$|^\d+:\d+$/.test(word))
  if (later !== undefined && later !== '+0') return yield* fail(p, `not simulated: shutdown at ${later}\n`)
  const again = called === 'reboot' || words.includes('-r')
  const answer = (yield* p.ask(again ? 'host.reboot' : 'host.poweroff')) as { error?: string }
  if (answer.error === undefined) return 0
  return yield* fail(p, `Call to ${again ? 'Reboot' : 'PowerOff'} failed: Interactive authentication required.\n`)
}

/** start, stop, restart and their kin: one job a unit, the exit code that of the last failure. */
function jobVerb(call: (status: UnitStatus) => string | undefined): Verb {
  return function* ({ p, verb, units }) {
    let code = 0
    for (const unit of units) {
      yield* warnStale(p, unit)
      const before = yield* statusOf(p, unit)
      const name = call(before)
      if (name === undefined) continue
      const answer = (yield* p.ask(name, { unit })) as JobStart | { error: string }
      if (unit === 'reboot.target' || unit === 'poweroff.target') return yield* power(p, unit.replace('.target', ''))
      code = (yield* tellJob(p, verb, unit, answer)) || code
    }
    return code
  }
}

function* tellJob(p: Proc, verb: string, unit: string, answer: JobStart | { error: string }): Run<number> {
  const what = `Failed to ${verb} ${unit}`
  if ('error' in answer) {
    yield* p.err(`${what}: Interactive authentication required.\n${seeLogs(unit)}`)
    return 1
  }
  if ('refused' in answer) return yield* tellRefused(p, verb, unit, answer.refused, answer.unit)
  if ('failed' in answer) {
    yield* p.err(failedJob(unit, answer.failed))
    return 1
  }
  return 0
}

/** What follows an error whose cause the unit's own log may tell. */
const seeLogs = (unit: string): string => `See system logs and 'systemctl status ${unit}' for details.\n`

function* tellRefused(p: Proc, verb: string, asked: string, why: string, culprit = asked): Run<number> {
  const what = `Failed to ${verb} ${asked}`
  const unit = culprit
  if (why === 'manual') {
    yield* p.err(
      `${what}: Operation refused, unit ${unit} may be requested by dependency only (it is configured to refuse manual start/stop).\n${seeLogs(unit)}`,
    )
    return 4
  }
  if (why === 'not-found') {
    yield* p.err(`${what}: Unit ${unit} not ${verb === 'stop' ? 'loaded' : 'found'}.\n`)
    return 5
  }
  if (why === 'masked') {
    yield* p.err(`${what}: Unit ${unit} is masked.\n`)
    return 1
  }
  const detail =
    why === 'error'
      ? `Unit ${unit} failed to load properly, please adjust/correct and reload service manager: Bad message`
      : `Unit ${unit} has a bad unit file setting.`
  yield* p.err(`${what}: ${detail}\n${seeLogs(unit)}`)
  return 1
}

function failedJob(unit: string, result: string): string {
  const details = `See "systemctl status ${unit}" and "journalctl -xeu ${unit}" for details.\n`
  if (result === 'start-limit-hit')
    return `Job for ${unit} failed because start of the service was attempted too often.\n${details}To force a start use "systemctl reset-failed ${unit}"\nfollowed by "systemctl start ${unit}" again.\n`
  if (result === 'dependency') return `A dependency job for ${unit} failed. See 'journalctl -xe' for details.\n`
  if (result === 'assert') return `Assertion failed on job for ${unit}.\n`
  if (result === 'canceled') return `Job for ${unit} canceled.\n`
  if (result === 'protocol')
    return `Job for ${unit} failed because the service did not take the steps required by its unit configuration.\n${details}`
  if (result === 'timeout') return `Job for ${unit} failed because a timeout was exceeded.\n${details}`
  if (result === 'signal')
    return `Job for ${unit} failed because a fatal signal was delivered to the control process.\n${details}`
  return `Job for ${unit} failed because the control process exited with error code.\n${details}`
}

const reload: Verb = function* ({ p, verb, units }) {
  for (const unit of units) {
    const status = yield* statusOf(p, unit)
    if (status.definition.loadState === 'not-found') return yield* tellRefused(p, verb, unit, 'not-found')
    if (status.active !== 'active') {
      yield* p.err(`${unit} is not active, cannot reload.\n`)
      return 1
    }
    const answer = (yield* p.ask('unit.reload', { unit })) as { done?: boolean; error?: string }
    if (answer.error === 'failed') {
      yield* p.err(
        `Job for ${unit} failed.\nSee "systemctl status ${unit}" and "journalctl -xeu ${unit}" for details.\n`,
      )
      return 1
    }
    if (answer.error !== undefined) return yield* tellJob(p, verb, unit, { error: answer.error })
    if (!answer.done) {
      yield* p.err(`Failed to reload ${unit}: Job type reload is not applicable for unit ${unit}.\n`)
      return 3
    }
  }
  return 0
}

const NOT_INSTALLABLE = `The unit files have no installation config (WantedBy=, RequiredBy=, UpheldBy=,
Also=, or Alias= settings in the [Install] section, and DefaultInstance= for
template units). This means they are not meant to be enabled or disabled using systemctl.
 
Possible reasons for having these kinds of units are:
• A unit may be statically enabled by being symlinked from another unit's
  .wants/, .requires/, or .upholds/ directory.
• A unit's purpose may be to act as a helper for some other unit which has
  a requirement dependency on it.
• A unit may be started when needed via activation (socket, path, timer,
  D-Bus, udev, scripted systemctl call, ...).
• In case of template units, the unit is meant to be enabled with some
  instance name specified.
`

/** enable, disable, mask, unmask: symlinks in /etc/systemd/system, then with --now the job. */
function linkVerb(call: string, now?: string): Verb {
  return function* ({ p, verb, units, options }) {
    for (const unit of units) {
      const answer = (yield* p.ask(call, { unit })) as
        { lines: string[] } | { refused: string } | { exists: string } | { badPath: string } | { error: string }
      if ('error' in answer) return yield* fail(p, `Failed to ${verb} unit: Interactive authentication required.\n`)
      if ('badPath' in answer) return yield* fail(p, `Failed to link unit: Invalid argument\n`)
      if ('exists' in answer) return yield* fail(p, `Failed to mask unit: File '${answer.exists}' already exists.\n`)
      if ('refused' in answer) {
        if (answer.refused === 'static') yield* p.err(NOT_INSTALLABLE)
        else
          return yield* fail(
            p,
            `Failed to ${verb} unit: Unit ${answer.refused === 'masked' ? `file /etc/systemd/system/${unit} is masked` : `file ${unit} does not exist`}.\n`,
          )
      } else for (const line of answer.lines) yield* p.err(`${line}\n`)
      if (now !== undefined && has(options, 'now')) {
        const job = (yield* p.ask(now, { unit })) as JobStart
        const code = yield* tellJob(p, now.slice(5), unit, job)
        if (code !== 0) return code
      }
    }
    return 0
  }
}

const isActive: Verb = function* ({ p, units, options }) {
  let any = false
  for (const unit of units) {
    const { active } = yield* statusOf(p, unit)
    if (!has(options, 'quiet')) yield* p.out(`${active}\n`)
    any ||= active === 'active'
  }
  return any ? 0 : 3
}

const isFailed: Verb = function* ({ p, units, options }) {
  let any = false
  for (const unit of units) {
    const { active } = yield* statusOf(p, unit)
    if (!has(options, 'quiet')) yield* p.out(`${active}\n`)
    any ||= active === 'failed'
  }
  return any ? 0 : 1
}

const isEnabled: Verb = function* ({ p, units, options }) {
  let code = 1
  for (const unit of units) {
    const { enabled } = yield* statusOf(p, unit)
    if (!has(options, 'quiet')) yield* p.out(`${enabled}\n`)
    if (enabled === 'not-found') return 4
    if (['enabled', 'static', 'alias'].includes(enabled)) code = 0
  }
  return code
}

const kill: Verb = function* ({ p, units, options }) {
  const asked = valueOf(options, 'signal') ?? 'TERM'
  const signal = signalName(asked)
  if (signal === undefined) return yield* fail(p, `Failed to parse signal string ${asked}.\n`)
  for (const unit of units) {
    const found = yield* statusOf(p, unit)
    if (found.definition.loadState === 'not-found')
      return yield* fail(p, `Failed to kill unit ${unit}: Unit ${unit} not loaded.\n`)
    const answer = (yield* p.ask('unit.kill', {
      unit,
      signal,
      whom: valueOf(options, 'kill-whom') ?? 'all',
    })) as { done?: boolean; error?: string }
    if (answer.error === 'not simulated') return yield* fail(p, `not simulated: systemctl kill -s ${signal} ${unit}\n`)
    if (answer.error !== undefined)
      return yield* fail(p, `Failed to kill unit ${unit}: Interactive authentication required.\n`)
    if (answer.done !== true && has(options, 'kill-whom'))
      return yield* fail(p, `Failed to kill unit ${unit}: No ${valueOf(options, 'kill-whom')} process to kill\n`)
  }
  return 0
}

const isolate: Verb = function* ({ p, verb, units }) {
  const [unit = ''] = units.map((name) => name.replace(/\.service$/, '.target'))
  if (units.length !== 1) return yield* fail(p, 'Too many arguments.\n')
  if (unit === 'reboot.target' || unit === 'poweroff.target') return yield* power(p, unit.replace('.target', ''))
  const found = yield* statusOf(p, unit)
  if (found.definition.loadState === 'loaded' && found.definition.settings['Unit.AllowIsolate']?.at(-1) !== 'yes')
    return yield* fail(
      p,
      `Failed to start ${unit}: Operation refused, unit may not be isolated.\nSee system logs and 'systemctl status ${unit}' for details.\n`,
    )
  return yield* tellJob(
    p,
    verb === 'isolate' ? 'start' : verb,
    unit,
    (yield* p.ask('unit.isolate', { unit })) as JobStart,
  )
}

const verbs: Record<string, Verb> = {
  start: jobVerb(() => 'unit.start'),
  stop: jobVerb(() => 'unit.stop'),
  restart: jobVerb(() => 'unit.restart'),
  'try-restart': jobVerb(({ active }) => (active === 'inactive' || active === 'failed' ? undefined : 'unit.restart')),
  'reload-or-restart': jobVerb(({ active, definition, definition: { settings } }) =>
    active === 'active' && (settings['Service.ExecReload'] ?? []).length > 0 && definition.loadState === 'loaded'
      ? 'unit.reload'
      : 'unit.restart',
  ),
  condrestart: jobVerb(({ active }) => (active === 'inactive' || active === 'failed' ? undefined : 'unit.restart')),
  'try-reload-or-restart': jobVerb(({ active }) =>
    active === 'inactive' || active === 'failed' ? undefined : 'unit.restart',
  ),
  reload,
  enable: linkVerb('unit.enable', 'unit.start'),
  reenable: linkVerb('unit.enable'),
  disable: linkVerb('unit.disable', 'unit.stop'),
  mask: linkVerb('unit.mask', 'unit.stop'),
  unmask: linkVerb('unit.unmask'),
  status,
  cat,
  show,
  kill,
  'is-active': isActive,
  'is-failed': isFailed,
  'is-enabled': isEnabled,
  isolate,
  edit,
  link: linkVerb('unit.link'),
  revert: linkVerb('unit.revert'),
  preset: linkVerb('unit.enable'),
  'list-units': listUnits,
  'list-timers': listTimers,
  'list-dependencies': listDependencies,
  'list-jobs': listJobs,
  *'get-default'({ p }) {
    yield* p.out(`${String(yield* p.ask('unit.getDefault'))}\n`)
    return 0
  },
  'set-default': linkVerb('unit.setDefault'),
  'list-unit-files': listUnitFiles,
  *'daemon-reload'({ p }) {
    const answer = yield* p.ask('unit.daemonReload')
    return typeof answer === 'object' && answer !== null
      ? yield* fail(p, 'Failed to reload daemon: Interactive authentication required.\n')
      : 0
  },
  *'reset-failed'({ p, units }) {
    for (const unit of units.length === 0 ? [''] : units) {
      if (unit !== '' && (yield* statusOf(p, unit)).definition.loadState === 'not-found')
        return yield* fail(p, `Failed to reset failed state of unit ${unit}: Unit ${unit} not loaded.\n`)
      const answer = (yield* p.ask('unit.resetFailed', { unit })) as { error?: string } | undefined
      if (answer?.error !== undefined)
        return yield* fail(p, `Failed to reset failed state of unit ${unit}: Interactive authentication required.\n`)
    }
    return 0
  },
  *'is-system-running'({ p }) {
    const failed = ((yield* p.ask('unit.list')) as UnitStatus[]).some(({ active }) => active === 'failed')
    yield* p.out(failed ? 'degraded\n' : 'running\n')
    return failed ? 1 : 0
  },
  *'daemon-reexec'({ p }) {
    yield* p.ask('unit.daemonReload')
    return 0
  },
  *default({ p, verb, options }) {
    const unit = String(yield* p.ask('unit.getDefault'))
    return yield* isolate({ p, verb, units: [unit], options })
  },
  reboot: ({ p }) => power(p, 'reboot'),
  poweroff: ({ p }) => power(p, 'poweroff'),
  halt: ({ p }) => power(p, 'halt'),
}

/** `service X verb` is `systemctl verb X` with the same texts. */
export const service: Program = function* (argv, p) {
  const [, name, verb] = argv
  if (name === '--status-all' || name === undefined || verb === undefined) {
    yield* p.err(
      name === '--status-all'
        ? 'not simulated: service --status-all\n'
        : 'Usage: service < option > | --status-all | [ service_name [ command | --full-restart ] ]\n',
    )
    return 1
  }
  return yield* systemctl(['systemctl', verb, name], p)
}

export const systemdPrograms = {
  systemctl,
  service,
  reboot: systemctl,
  'systemd-analyze': analyze,
  'systemd-notify': notify,
}
