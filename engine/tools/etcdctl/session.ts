/** One run of etcdctl: its flags and environment, its client, its printer. Models etcdctl/ctlv3/command/global.go. */
import type { Proc, Run } from '../../host/process.ts'
import type { EtcdHeader } from '../../etcd/messages.ts'
import { EtcdClient } from './client.ts'
import type { User } from './client.ts'
import { durationMs, flagsOf, minorOf } from './cobra.ts'
import type { Invocation, Tool } from './cobra.ts'
import { badArgs, Ended, EXIT } from './exit.ts'
import { jsonLine } from './log.ts'
import { askPassword } from './passwords.ts'
import { checkFormat, print } from './printers/index.ts'
import type { Header, Response } from './printers/responses.ts'
import { readTls } from './tls.ts'

const PREFIX = 'ETCDCTL_'

export class Session {
  readonly minor: number
  private made: EtcdClient | undefined

  constructor(
    readonly p: Proc,
    readonly tool: Tool,
    readonly version: string,
    readonly invocation: Invocation,
  ) {
    this.minor = minorOf(version)
  }

  get args(): string[] {
    return this.invocation.args
  }

  flag(name: string): string {
    return this.invocation.values[name] ?? ''
  }

  isSet(name: string): boolean {
    return this.flag(name) === 'true'
  }

  number(name: string): number {
    return Number(this.flag(name))
  }

  get endpoints(): string[] {
    return this.flag('endpoints')
      .split(',')
      .filter((one) => one !== '')
  }

  /** The client that the flags and the environment describe, made once. */
  *client(): Run<EtcdClient> {
    if (this.made !== undefined) return this.made
    yield* this.readEnvironment()
    checkFormat(this.flag('write-out'))
    const insecure = this.isSet('insecure-skip-tls-verify')
    const files = { cacert: this.flag('cacert'), cert: this.flag('cert'), key: this.flag('key'), insecure }
    const asked = yield* readTls(this.p, files)
    const user = yield* this.user()
    const tls = asked ?? (this.isSet('insecure-transport') ? undefined : {})
    this.made = new EtcdClient(this.p, {
      version: this.version,
      endpoints: this.endpoints,
      ...(tls !== undefined && { tls }),
      commandTimeoutMs: durationMs(this.flag('command-timeout')) ?? 5000,
      ...(user !== undefined && { user }),
    })
    yield* this.made.authenticate()
    return this.made
  }

  *show(response: Response, options: { valueOnly?: boolean; keysOnly?: boolean } = {}): Run<void> {
    const { valueOnly = false, keysOnly = false } = options
    const how = { minor: this.minor, isHex: this.isSet('hex'), valueOnly, keysOnly }
    const { out, err = '' } = print(this.flag('write-out'), response, how)
    if (out !== '') yield* this.p.out(out)
    if (err !== '') yield* this.p.err(err)
  }

  /** ETCDCTL_* stand for flags that were not given. Models pkg/flags (SetPflagsFromEnv). */
  private *readEnvironment(): Run<void> {
    const { own, inherited } = flagsOf(this.tool, this.invocation.path, this.version)
    const global = [...own, ...inherited].filter(({ name }) => name !== 'help')
    const known = new Set(['ETCDCTL_API'])
    for (const { name, type } of global) {
      const variable = PREFIX + name.toUpperCase().replace(/-/g, '_')
      known.add(variable)
      const value = this.p.env[variable] ?? ''
      if (value === '') continue
      if (this.invocation.changed.has(name)) yield* this.shadowed(variable)
      if (type === 'duration' && durationMs(value) === undefined) continue
      this.invocation.values[name] = type === 'bool' ? String(/^(1|t|true)$/i.test(value)) : value
    }
    for (const [name, value] of Object.entries(this.p.env))
      if (name.startsWith(PREFIX) && !known.has(name)) yield* this.unrecognized(`${name}=${value}`)
  }

  private *shadowed(variable: string): Run<never> {
    const how = 'is shadowed by corresponding command-line flag (either unset environment variable or disable flag)'
    if (this.minor <= 4) yield* this.oldLine('C', `conflicting environment variable ${JSON.stringify(variable)} ${how}`)
    else
      yield* jsonLine(this.p, this.version, 'fatal', {
        caller: 'flags/flag.go:85',
        msg: `conflicting environment variable ${how})`,
        'environment-variable': variable,
        stacktrace: 'go.etcd.io/etcd/pkg/v3/flags.verifyEnv\n\tgo.etcd.io/etcd/pkg/v3/flags/flag.go:85',
      })
    throw new Ended(EXIT.error)
  }

  private *unrecognized(setting: string): Run<void> {
    if (this.minor <= 4) return yield* this.oldLine('W', `unrecognized environment variable ${setting}`)
    yield* jsonLine(this.p, this.version, 'warn', {
      caller: 'flags/flag.go:93',
      msg: 'unrecognized environment variable',
      'environment-variable': setting,
    })
  }

  /** capnslog's form, before zap. */
  private *oldLine(level: string, text: string): Run<void> {
    const at = new Date(yield* this.p.now()).toISOString().replace('T', ' ').slice(0, -1)
    yield* this.p.err(`${at}000 ${level} | pkg/flags: ${text}\n`)
  }

  /** --user name[:password] and --password; undefined: nobody. Models authCfgFromCmd. */
  private *user(): Run<User | undefined> {
    const given = this.flag('user')
    if (given === '') return undefined
    const flag = this.flag('password')
    const at = given.indexOf(':')
    if (flag !== '') return userOf(given, flag)
    if (at >= 0) return userOf(given.slice(0, at), given.slice(at + 1))
    return userOf(given, yield* askPassword(this.p, 'Password: '))
  }
}

/** Without a name or a password clientv3 does not authenticate. */
const userOf = (name: string, password: string): User | undefined =>
  name === '' || password === '' ? undefined : { name, password }

/** A command: what it does with its arguments. */
export type Verb = (session: Session) => Run<void>

/** The header of an answer about members: it tells no revision. */
export function withoutRevision({ revision: _, ...header }: EtcdHeader): Header {
  return header
}

/** A number of etcd's in hex; throws Go's words. */
export function parseHex(text: string, what: string, parser: 'ParseInt' | 'ParseUint'): string {
  if (/^[0-9a-fA-F]{1,16}$/.test(text)) return text.toLowerCase()
  const quoted = JSON.stringify(text)
  const why = /^[0-9a-fA-F]+$/.test(text) ? 'value out of range' : 'invalid syntax'
  throw badArgs(`bad ${what} ID arg (strconv.${parser}: parsing ${quoted}: ${why}), expecting ID in Hex`)
}
