/** `kubectl config`: reads and edits kubeconfig files. Models kubectl/pkg/cmd/config (K5). Not modelled: auth providers, exec plugins. */
import type { Run } from '../../../host/process.ts'
import { encodeBase64 } from '../config/connection.ts'
import {
  asObject,
  kubeconfigPaths,
  loadKubeconfig,
  readOne,
  writeOne,
  type Fields,
  type Kubeconfig,
  type Section,
} from '../config/kubeconfig.ts'
import type { Command, Context } from '../command.ts'
import { CommandError, PlainError, UsageError } from '../errors.ts'
import { helpText } from '../help.ts'
import { outputFormat } from '../printers/output.ts'
import { alignTabs, GET_TABS } from '../printers/tabwriter.ts'

/** What is loaded, whether or not files are there. */
function* merged(ctx: Context): Run<Kubeconfig> {
  const flag = ctx.flags.text('kubeconfig')
  return yield* loadKubeconfig(ctx.p, kubeconfigPaths(ctx.p, flag), false)
}

/** Misuse prints the help, then the error. */
function* misused(ctx: Context, text: string): Run<never> {
  yield* ctx.p.out(helpText(ctx.path))
  throw new CommandError(text)
}

/** The file a stanza is written to: where it stands, or the first there is, or the last of the list. */
function* fileFor(ctx: Context, config: Kubeconfig, key: string): Run<string> {
  const origin = config.origins.get(key)
  if (origin) return origin
  for (const path of config.paths) {
    if (!('error' in (yield* ctx.p.stat(path)))) return path
  }
  return config.paths.at(-1)!
}

/** Changes one stanza in its file; undefined removes it. */
function* put(ctx: Context, config: Kubeconfig, section: Section, name: string, fields: Fields | undefined): Run<void> {
  const path = yield* fileFor(ctx, config, `${section}/${name}`)
  const file = yield* readOne(ctx.p, path)
  if (fields === undefined) file[section].delete(name)
  else file[section].set(name, fields)
  yield* writeOne(ctx.p, path, file)
}

function* putCurrent(ctx: Context, config: Kubeconfig, name: string): Run<void> {
  let path: string | undefined
  for (const candidate of config.paths) {
    const file = yield* readOne(ctx.p, candidate)
    if (file.found && file.currentContext !== '' && path === undefined) path = candidate
  }
  path ??= yield* fileFor(ctx, config, '')
  const file = yield* readOne(ctx.p, path)
  yield* writeOne(ctx.p, path, { ...file, currentContext: name })
}

const redact = (fields: Fields): Fields =>
  Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [
      key,
      key.endsWith('-data') ? 'DATA+OMITTED' : key === 'token' || key === 'password' ? 'REDACTED' : value,
    ]),
  )

function mapSections(config: Kubeconfig, change: (fields: Fields) => Fields): Kubeconfig {
  const all = (stanza: Map<string, Fields>): Map<string, Fields> =>
    new Map([...stanza].map(([name, fields]) => [name, change(fields)]))
  return { ...config, clusters: all(config.clusters), contexts: all(config.contexts), users: all(config.users) }
}

function minify(config: Kubeconfig, wanted: string): Kubeconfig {
  const name = wanted || config.currentContext
  if (name === '') throw new CommandError('current-context must exist in order to minify')
  const context = config.contexts.get(name)
  if (!context) throw new CommandError(`cannot locate context ${name}`)
  const only = (stanza: Map<string, Fields>, key: unknown): Map<string, Fields> => {
    const found = stanza.get(String(key ?? ''))
    return found ? new Map([[String(key), found]]) : new Map()
  }
  return {
    ...config,
    currentContext: name,
    contexts: new Map([[name, context]]),
    clusters: only(config.clusters, context.cluster),
    users: only(config.users, context.user),
  }
}

const viewCommand: Command = {
  path: 'config view',
  complete: 'none',
  *run(ctx) {
    if (ctx.args.length > 0) throw new UsageError(ctx.path, `unexpected arguments: [${ctx.args.join(' ')}]`)
    const { flags } = ctx
    let config = yield* merged(ctx)
    if (flags.bool('minify')) config = minify(config, flags.text('context'))
    if (!flags.bool('raw') && !flags.bool('flatten')) config = mapSections(config, redact)
    const format = yield* outputFormat(ctx.p, flags, ctx.session.minor)
    if (format?.kind !== 'object') return
    const object = asObject(config)
    yield* ctx.p.out(format.printer.format === 'json' ? configJson(object) : format.printer.print(object))
  },
}

/** Fields of clusters, contexts and users in the order they are declared upstream. */
const DECLARED = [
  'server',
  'tls-server-name',
  'insecure-skip-tls-verify',
  'certificate-authority',
  'certificate-authority-data',
  'proxy-url',
  'cluster',
  'user',
  'namespace',
  'client-certificate',
  'client-certificate-data',
  'client-key',
  'client-key-data',
  'token',
  'tokenFile',
  'as',
  'username',
  'password',
]

function declared(fields: Fields): Fields {
  const place = (key: string): number => (DECLARED.includes(key) ? DECLARED.indexOf(key) : DECLARED.length)
  return Object.fromEntries(Object.entries(fields).sort(([a], [b]) => place(a) - place(b)))
}

/** The JSON of a config, in upstream's order of fields. */
function configJson(object: Fields): string {
  const named = (list: unknown, inner: string): unknown =>
    (list as Fields[] | null)?.map((item) => ({ name: item.name, [inner]: declared(item[inner] as Fields) })) ?? null
  const ordered = {
    kind: object.kind,
    apiVersion: object.apiVersion,
    preferences: object.preferences,
    clusters: named(object.clusters, 'cluster'),
    users: named(object.users, 'user'),
    contexts: named(object.contexts, 'context'),
    'current-context': object['current-context'],
  }
  return `${JSON.stringify(ordered, null, 4)}\n`
}

const currentContextCommand: Command = {
  path: 'config current-context',
  complete: 'none',
  *run(ctx) {
    const { currentContext } = yield* merged(ctx)
    if (currentContext === '') throw new CommandError('current-context is not set')
    yield* ctx.p.out(`${currentContext}\n`)
  },
}

const useContextCommand: Command = {
  path: 'config use-context',
  complete: 'contexts',
  *run(ctx) {
    if (ctx.args.length !== 1) return yield* misused(ctx, `Unexpected args: [${ctx.args.join(' ')}]`)
    const [name = ''] = ctx.args
    const config = yield* merged(ctx)
    if (!config.contexts.has(name)) throw new CommandError(`no context exists with the name: "${name}"`)
    yield* putCurrent(ctx, config, name)
    yield* ctx.p.out(`Switched to context "${name}".\n`)
  },
}

const getContextsCommand: Command = {
  path: 'config get-contexts',
  complete: 'contexts',
  *run(ctx) {
    const { flags, args } = ctx
    const output = flags.text('output')
    if (output !== '' && output !== 'name')
      throw new CommandError(
        `--output ${output} is not available in kubectl config get-contexts; resetting to default output format`,
      )
    const config = yield* merged(ctx)
    const missing = args.filter((name) => !config.contexts.has(name))
    const names = [...config.contexts.keys()].filter((name) => args.length === 0 || args.includes(name)).sort()
    const rows = output === 'name' ? names.map((name) => [name]) : names.map((name) => contextRow(config, name))
    if (output === '' && !flags.bool('no-headers'))
      rows.unshift(['CURRENT', 'NAME', 'CLUSTER', 'AUTHINFO', 'NAMESPACE'])
    yield* ctx.p.out(rows.length === 0 ? '' : alignTabs(rows.map((row) => `${row.join('\t')}\n`).join(''), GET_TABS))
    if (missing.length > 0) throw new PlainError(missing.map((name) => `error: context ${name} not found`).join('\n'))
  },
}

function contextRow(config: Kubeconfig, name: string): string[] {
  const { cluster = '', user = '', namespace = '' } = config.contexts.get(name) ?? {}
  return [name === config.currentContext ? '*' : '', name, String(cluster), String(user), String(namespace)]
}

const listCommand = (path: string, section: Section): Command => ({
  path,
  complete: 'none',
  *run(ctx) {
    const config = yield* merged(ctx)
    yield* ctx.p.out(['NAME', ...[...config[section].keys()].sort()].map((name) => `${name}\n`).join(''))
  },
})

/** The fields of a stanza with those of the flags over them. */
function withFlags(ctx: Context, before: Fields, names: string[]): Fields {
  const fields: Fields = { ...before }
  for (const name of names) {
    if (!ctx.flags.changed(name)) continue
    const value = name === 'insecure-skip-tls-verify' ? ctx.flags.bool(name) : ctx.flags.text(name)
    if (value === '' || value === false) delete fields[name]
    else fields[name] = value
  }
  return fields
}

const setContextCommand: Command = {
  path: 'config set-context',
  complete: 'contexts',
  *run(ctx) {
    const { args, flags } = ctx
    const current = flags.bool('current')
    if (args.length > 1) return yield* misused(ctx, `Unexpected args: [${args.join(' ')}]`)
    if (current && args.length > 0) throw new CommandError('you cannot specify both a context name and --current')
    if (!current && !args[0]) throw new CommandError('you must specify a non-empty context name or --current')
    const config = yield* merged(ctx)
    const name = current ? config.currentContext : args[0]!
    if (current && name === '') throw new CommandError('no current context is set')
    const before = config.contexts.get(name)
    const fields = withFlags(ctx, { cluster: '', user: '', ...before }, ['cluster', 'user', 'namespace'])
    for (const key of ['cluster', 'user']) fields[key] ??= ''
    yield* put(ctx, config, 'contexts', name, fields)
    yield* ctx.p.out(`Context "${name}" ${before ? 'modified' : 'created'}.\n`)
  },
}

/** Embeds a file's content as `<key>-data`, or keeps its absolute path. */
function* fileField(ctx: Context, fields: Fields, key: string): Run<void> {
  const { flags, p } = ctx
  if (!flags.changed(key)) return
  const path = flags.text(key)
  const full = path.startsWith('/') ? path : `${p.cwd.replace(/\/$/, '')}/${path}`
  delete fields[key]
  delete fields[`${key}-data`]
  if (!flags.bool('embed-certs')) {
    fields[key] = full
    return
  }
  const file = yield* p.readFile(full)
  if ('error' in file)
    throw new CommandError(`could not stat ${key} file ${path}: stat ${path}: no such file or directory`)
  fields[`${key}-data`] = encodeBase64(file.text)
}

const setClusterCommand: Command = {
  path: 'config set-cluster',
  complete: 'clusters',
  *run(ctx) {
    if (ctx.args.length !== 1) return yield* misused(ctx, `Unexpected args: [${ctx.args.join(' ')}]`)
    const name = ctx.args[0]!
    const config = yield* merged(ctx)
    const fields = withFlags(ctx, config.clusters.get(name) ?? {}, [
      'server',
      'tls-server-name',
      'insecure-skip-tls-verify',
      'proxy-url',
    ])
    yield* fileField(ctx, fields, 'certificate-authority')
    if (ctx.flags.bool('insecure-skip-tls-verify') && ctx.flags.changed('insecure-skip-tls-verify')) {
      delete fields['certificate-authority']
      delete fields['certificate-authority-data']
    }
    yield* put(ctx, config, 'clusters', name, { server: '', ...fields })
    yield* ctx.p.out(`Cluster "${name}" set.\n`)
  },
}

const setCredentialsCommand: Command = {
  path: 'config set-credentials',
  complete: 'users',
  *run(ctx) {
    if (ctx.args.length !== 1) return yield* misused(ctx, `unexpected args: [${ctx.args.join(' ')}]`)
    const name = ctx.args[0]!
    if (ctx.flags.changed('auth-provider') || ctx.flags.changed('exec-command'))
      throw new CommandError('not simulated: auth providers and exec credential plugins')
    const config = yield* merged(ctx)
    const fields = withFlags(ctx, config.users.get(name) ?? {}, ['token', 'username', 'password'])
    yield* fileField(ctx, fields, 'client-certificate')
    yield* fileField(ctx, fields, 'client-key')
    yield* put(ctx, config, 'users', name, fields)
    yield* ctx.p.out(`User "${name}" set.\n`)
  },
}

/** Who is asked to be deleted, and how it is said. */
const deleteCommand = (path: string, section: Section, noun: string): Command => ({
  path,
  complete: section === 'contexts' ? 'contexts' : section === 'clusters' ? 'clusters' : 'users',
  *run(ctx) {
    const [name, ...more] = ctx.args
    if (section === 'users' && (name === undefined || more.length > 0))
      throw new UsageError(path, 'user to delete is required')
    if (name === undefined || more.length > 0) {
      yield* ctx.p.out(helpText(path))
      return
    }
    const config = yield* merged(ctx)
    const file = yield* fileFor(ctx, config, `${section}/${name}`)
    if (!config[section].has(name)) throw new CommandError(`cannot delete ${noun} ${name}, not in ${file}`)
    if (section === 'contexts' && config.currentContext === name)
      yield* ctx.p.err(
        'warning: this removed your active context, use "kubectl config use-context" to select a different one\n',
      )
    yield* put(ctx, config, section, name, undefined)
    yield* ctx.p.out(`deleted ${noun} ${name} from ${file}\n`)
  },
})

const renameContextCommand: Command = {
  path: 'config rename-context',
  complete: 'contexts',
  *run(ctx) {
    if (ctx.args.length !== 2) return yield* misused(ctx, `Unexpected args: [${ctx.args.join(' ')}]`)
    const [from = '', to = ''] = ctx.args
    const config = yield* merged(ctx)
    const file = yield* fileFor(ctx, config, `contexts/${from}`)
    const context = config.contexts.get(from)
    if (!context) throw new CommandError(`cannot rename the context "${from}", it's not in ${file}`)
    if (config.contexts.has(to))
      throw new CommandError(`cannot rename the context "${from}", the context "${to}" already exists in ${file}`)
    yield* put(ctx, config, 'contexts', from, undefined)
    yield* put(ctx, yield* merged(ctx), 'contexts', to, context)
    if (config.currentContext === from) yield* putCurrent(ctx, yield* merged(ctx), to)
    yield* ctx.p.out(`Context "${from}" renamed to "${to}".\n`)
  },
}

const SECTIONS: Record<string, Section> = { clusters: 'clusters', contexts: 'contexts', users: 'users' }
const BINARY = new Set(['certificate-authority-data', 'client-certificate-data', 'client-key-data'])
const KNOWN: Record<Section, string[]> = {
  clusters: [
    'server',
    'certificate-authority',
    'certificate-authority-data',
    'insecure-skip-tls-verify',
    'tls-server-name',
    'proxy-url',
    'disable-compression',
  ],
  contexts: ['cluster', 'user', 'namespace'],
  users: [
    'client-certificate',
    'client-certificate-data',
    'client-key',
    'client-key-data',
    'token',
    'tokenFile',
    'username',
    'password',
    'as',
  ],
}

/** `users.bob.token` taken apart; names may hold dots, attributes do not. */
function property(text: string): { section: Section; name: string; field: string | undefined } | undefined {
  const [head = '', ...rest] = text.split('.')
  const section = SECTIONS[head]
  if (!section || rest.length === 0) return undefined
  const field = rest.length > 1 && KNOWN[section].includes(rest.at(-1)!) ? rest.at(-1) : undefined
  return { section, name: (field ? rest.slice(0, -1) : rest).join('.'), field }
}

const setCommand: Command = {
  path: 'config set',
  complete: 'none',
  *run(ctx) {
    if (ctx.args.length !== 2) return yield* misused(ctx, `Unexpected args: [${ctx.args.join(' ')}]`)
    const [path = '', value = ''] = ctx.args
    const config = yield* merged(ctx)
    if (path === 'current-context') yield* putCurrent(ctx, config, value)
    else yield* setProperty(ctx, config, path, value)
    yield* ctx.p.out(`Property "${path}" set.\n`)
  },
}

function* setProperty(ctx: Context, config: Kubeconfig, path: string, value: string): Run<void> {
  const target = property(path)
  if (!target) throw new CommandError(`unable to parse ${path} after [] at api.Config`)
  if (!target.field) throw new CommandError(`can't set a map to a value: map[${target.name}:0xc000000000]`)
  const before =
    config[target.section].get(target.name) ?? (target.section === 'contexts' ? { cluster: '', user: '' } : {})
  yield* put(ctx, config, target.section, target.name, {
    ...before,
    [target.field]: valueFor(ctx, target.field, value),
  })
}

function valueFor(ctx: Context, field: string, value: string): unknown {
  if (field === 'insecure-skip-tls-verify') return value === 'true'
  return BINARY.has(field) && ctx.flags.bool('set-raw-bytes') ? encodeBase64(value) : value
}

const unsetCommand: Command = {
  path: 'config unset',
  complete: 'none',
  *run(ctx) {
    if (ctx.args.length !== 1) return yield* misused(ctx, `Unexpected args: [${ctx.args.join(' ')}]`)
    const path = ctx.args[0]!
    const config = yield* merged(ctx)
    if (path === 'current-context') yield* putCurrent(ctx, config, '')
    else yield* unsetProperty(ctx, config, path)
    yield* ctx.p.out(`Property "${path}" unset.\n`)
  },
}

function* unsetProperty(ctx: Context, config: Kubeconfig, path: string): Run<void> {
  const target = property(path)
  if (!target) throw new CommandError(`unable to parse ${path} after [] at api.Config`)
  const before = config[target.section].get(target.name)
  if (!before) throw new CommandError(`current map key \`${target.name}\` is invalid`)
  const { [target.field ?? '']: _, ...kept } = before
  yield* put(ctx, config, target.section, target.name, target.field ? kept : undefined)
}

export const configCommands: readonly Command[] = [
  viewCommand,
  currentContextCommand,
  useContextCommand,
  getContextsCommand,
  listCommand('config get-clusters', 'clusters'),
  listCommand('config get-users', 'users'),
  setContextCommand,
  setClusterCommand,
  setCredentialsCommand,
  deleteCommand('config delete-context', 'contexts', 'context'),
  deleteCommand('config delete-cluster', 'clusters', 'cluster'),
  deleteCommand('config delete-user', 'users', 'user'),
  renameContextCommand,
  setCommand,
  unsetCommand,
]
