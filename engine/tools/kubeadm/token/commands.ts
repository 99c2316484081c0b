/** `kubeadm token create|delete|generate|list` (P4). Models cmd/kubeadm/app/cmd/token.go. */
import type { Proc, Run } from '../../../host/process.ts'
import { shortHumanDuration } from '../../../objects/duration.ts'
import { makeJson } from '../../kubectl/serialize.ts'
import { makeYaml } from '../../../objects/yaml.ts'
import type { ApiObject, Client, ListObject } from '../../kubectl/client.ts'
import { createOnce, pathOf, TIMEOUT } from '../apply.ts'
import type { Command, Context } from '../command.ts'
import { NODE_TOKEN_GROUP } from '../config/defaults.ts'
import { loadConfig } from '../config/load.ts'
import type { BootstrapTokenConfig } from '../config/types.ts'
import { isMissing, KubeadmError, notSimulated, wrapped } from '../errors.ts'
import { badToken } from '../init/data.ts'
import { joinCommand, onOneLine } from '../join-command.ts'
import { flagSpec, option } from '../options.ts'
import { clientOf, randomText, say } from '../session.ts'
import { ID_PATTERN, isTokenId, parseToken, readToken, secretOf, TOKEN_PATTERN } from './tokens.ts'
import type { KnownToken } from './tokens.ts'

const SHARED = [option.kubeconfig, option.dryRun]

export const token: Command = {
  path: 'token',
  short: 'Manage bootstrap tokens',
  long: `This command manages bootstrap tokens. It is optional and needed only for advanced use cases.

In short, bootstrap tokens are used for establishing bidirectional trust between a client and a server.
A bootstrap token can be used when a client (for example a node that is about to join the cluster) needs
to trust the server it is talking to. Then a bootstrap token with the "signing" usage can be used.
Bootstrap tokens can also function as a way to allow short-lived authentication to the API Server
(the token serves as a way for the API Server to trust the client), for example for doing the TLS Bootstrap.`,
  flags: SHARED,
}

const newToken = function* (p: Proc): Run<string> {
  return `${yield* randomText(p, 6)}.${yield* randomText(p, 16)}`
}

export const tokenCreate: Command = {
  path: 'token create',
  takes: '[token]',
  short: 'Create bootstrap tokens on the server',
  maxArgs: 1,
  flags: [
    ...SHARED,
    option.config,
    option.certificateKey,
    flagSpec('print-join-command', 'bool', "Instead of printing only the token, print the full 'kubeadm join' flag needed to join the cluster using the token."), // prettier-ignore
    flagSpec('ttl', 'duration', "The duration before the token is automatically deleted (e.g. 1s, 2m, 3h). If set to '0', the token will never expire", { default: '24h0m0s' }), // prettier-ignore
    flagSpec('usages', 'strings', 'Describes the ways in which this token can be used. You can pass --usages multiple times or provide a comma separated list of options. Valid options: [signing,authentication]', { default: '[signing,authentication]' }), // prettier-ignore
    flagSpec('groups', 'strings', 'Extra groups that this token will authenticate as when used for authentication. Must match "\\\\Asystem:bootstrappers:[a-z0-9:-]{0,255}[a-z0-9]\\\\z"', { default: `[${NODE_TOKEN_GROUP}]` }), // prettier-ignore
    flagSpec('description', 'string', 'A human friendly description of how this token is used.'),
  ],
  *run(ctx) {
    const { p, flags } = ctx
    const wanted = yield* tokensFrom(ctx)
    const key = flags.text('certificate-key')
    if (key !== '' && !flags.bool('print-join-command'))
      throw new KubeadmError('cannot use --certificate-key without --print-join-command')
    const kubeconfig = flags.text('kubeconfig')
    const nowMs = yield* p.now()
    if (!flags.bool('dry-run')) {
      const client = yield* clientOf(p, kubeconfig)
      for (const one of wanted) yield* create(p, client, one, nowMs)
    }
    const [first] = wanted
    if (!flags.bool('print-join-command')) return yield* say(p, first?.token ?? '')
    const control = key === '' ? {} : { controlPlane: true, certificateKey: key }
    yield* say(p, onOneLine(yield* joinCommand(p, { kubeconfig, token: first?.token ?? '', ...control })))
  },
}

function* create(p: Proc, client: Client, config: BootstrapTokenConfig, nowMs: number): Run<void> {
  const secret = secretOf(config, nowMs)
  const { name } = secret.body.metadata
  try {
    yield* client.get(pathOf('v1/secrets', 'kube-system', name), TIMEOUT)
  } catch (error) {
    if (!isMissing(error)) throw error
    return yield* createOnce(p, client, secret)
  }
  throw new KubeadmError(`a token with id ${JSON.stringify(parseToken(config.token)?.id)} already exists`)
}

function* tokensFrom({ p, args, flags, features }: Context): Run<BootstrapTokenConfig[]> {
  const path = flags.text('config')
  if (path !== '') {
    const { init } = yield* loadConfig(p, path, features.minor, ['InitConfiguration', 'ClusterConfiguration'])
    if (init?.bootstrapTokens?.length) return init.bootstrapTokens
  }
  const given = args[0] ?? (yield* newToken(p))
  if (parseToken(given) === undefined) throw new KubeadmError(badToken(given))
  const usages = flags.list('usages')
  const bad = usages.find((usage) => usage !== 'signing' && usage !== 'authentication')
  if (bad !== undefined)
    throw new KubeadmError(`usages: Invalid value: "${usages.join(',')}": valid bootstrap token usages are [signing authentication]`) // prettier-ignore
  return [
    {
      token: given,
      description: flags.text('description'),
      ttl: flags.text('ttl') === '0' ? '0s' : flags.text('ttl'),
      usages,
      groups: flags.list('groups'),
    },
  ]
}

export const tokenGenerate: Command = {
  path: 'token generate',
  short: 'Generate and print a bootstrap token, but do not create it on the server',
  flags: SHARED,
  *run({ p }) {
    yield* say(p, yield* newToken(p))
  },
}

export const tokenDelete: Command = {
  path: 'token delete',
  takes: '[token-value] ...',
  short: 'Delete bootstrap tokens on the server',
  maxArgs: Infinity,
  flags: SHARED,
  *run({ p, args, flags }) {
    if (args.length === 0)
      throw new KubeadmError(`missing argument; 'token delete' is missing token of form "${escaped(ID_PATTERN)}"`)
    const ids = args.map(tokenId)
    const client = yield* clientOf(p, flags.text('kubeconfig'))
    for (const id of ids) yield* deleteOne(p, client, id, flags.bool('dry-run'))
  },
}

const escaped = (pattern: string): string => pattern.replaceAll('\\', '\\\\')

function tokenId(text: string): string {
  const id = isTokenId(text) ? text : parseToken(text)?.id
  if (id === undefined)
    throw new KubeadmError(`given token didn't match pattern "${escaped(TOKEN_PATTERN)}" or "${escaped(ID_PATTERN)}"`)
  return id
}

function* deleteOne(p: Proc, client: Client, id: string, dryRun: boolean): Run<void> {
  if (!dryRun) {
    try {
      yield* client.delete(pathOf('v1/secrets', 'kube-system', `bootstrap-token-${id}`), undefined, TIMEOUT)
    } catch (error) {
      throw wrapped(`failed to delete bootstrap token ${JSON.stringify(id)}`, error)
    }
  }
  yield* say(p, `bootstrap token ${JSON.stringify(id)} deleted`)
}

export const tokenList: Command = {
  path: 'token list',
  short: 'List bootstrap tokens on the server',
  flags: [...SHARED, option.output],
  *run({ p, flags }) {
    const client = yield* clientOf(p, flags.text('kubeconfig'))
    let list: ListObject
    try {
      list = yield* client.get<ListObject>(pathOf('v1/secrets', 'kube-system'), {
        fieldSelector: 'type=bootstrap.kubernetes.io/token',
        ...TIMEOUT,
      })
    } catch (error) {
      throw wrapped('failed to list bootstrap tokens', error)
    }
    const tokens = list.items.flatMap((item: ApiObject) => readToken(item as Parameters<typeof readToken>[0]) ?? [])
    const nowMs = yield* p.now()
    const format = flags.text('output')
    if (format === 'json' || format === 'yaml') return yield* p.out(objectsText(tokens, nowMs, format))
    if (format !== 'text') throw notSimulated(`kubeadm token list -o ${format}`)
    if (tokens.length > 0) yield* p.out(table(tokens, nowMs))
  },
}

/** One object a token, as the printer of kubeadm's output API writes them. */
function objectsText(tokens: readonly KnownToken[], _nowMs: number, format: 'json' | 'yaml'): string {
  const objects = tokens.map(({ token: text, description, expires, usages, groups }) => ({
    apiVersion: 'output.kubeadm.k8s.io/v1alpha3',
    kind: 'BootstrapToken',
    ...(description && { description }),
    ...(expires !== undefined && { expires }),
    groups,
    token: text,
    usages,
  }))
  return format === 'yaml' ? objects.map((one) => makeYaml(one)).join('---\n') : objects.map(makeJson).join('')
}

/** A new tabwriter a row: the widths are those of the cells' own padding. */
const WIDTHS = [23, 9, 20, 22, 56]
const HEAD = ['TOKEN', 'TTL', 'EXPIRES', 'USAGES', 'DESCRIPTION', 'EXTRA GROUPS']

function table(tokens: readonly KnownToken[], nowMs: number): string {
  return [HEAD, ...tokens.map((one) => cells(one, nowMs))].map(row).join('')
}

function row(texts: readonly string[]): string {
  return `${texts.map((text, at) => (at < WIDTHS.length ? `${text.padEnd(WIDTHS[at] ?? 0)}   ` : text)).join('')}\n`
}

function cells({ token: text, description, expires, usages, groups }: KnownToken, nowMs: number): string[] {
  const leftMs = expires === undefined ? 0 : Date.parse(expires) - nowMs
  return [
    text,
    expires === undefined ? '<forever>' : shortHumanDuration(leftMs),
    expires ?? '<never>',
    usages.join(',') || '<none>',
    description || '<none>',
    groups.join(',') || '<none>',
  ]
}
