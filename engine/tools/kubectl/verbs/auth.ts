/** `kubectl auth can-i` and `auth whoami`. Models kubectl/pkg/cmd/auth. */
import type { Run } from '../../../host/process.ts'
import type { Command, Context } from '../command.ts'
import type { ResourceType } from '../discovery.ts'
import { CommandError, ConnectionError, UsageError } from '../errors.ts'
import { compactRules, listText, resourceText } from '../describe/rules.ts'
import { outputFormat } from '../printers/output.ts'
import { alignTabs, GET_TABS } from '../printers/tabwriter.ts'

export const canICommand: Command = { path: 'auth can-i', complete: 'none', run: runCanI }
export const whoamiCommand: Command = { path: 'auth whoami', complete: 'none', run: runWhoami }

const REVIEWS = '/apis/authorization.k8s.io/v1'

interface Wanted {
  verb: string
  group: string
  resource: string
  name: string
  path: string
}

function* runCanI(ctx: Context): Run<number | void> {
  const { flags, args, p } = ctx
  if (flags.bool('list')) return yield* listRules(ctx)
  const wanted = yield* wantedOf(ctx, args)
  const { namespace } = yield* ctx.session.namespace()
  const attributes = wanted.path
    ? { nonResourceAttributes: { verb: wanted.verb, path: wanted.path } }
    : {
        resourceAttributes: {
          ...(flags.bool('all-namespaces') ? {} : { namespace }),
          verb: wanted.verb,
          ...(wanted.group ? { group: wanted.group } : {}),
          resource: wanted.resource,
          ...(wanted.name ? { name: wanted.name } : {}),
          ...(flags.text('subresource') ? { subresource: flags.text('subresource') } : {}),
        },
      }
  const client = yield* ctx.session.client()
  const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: attributes }
  const answer = yield* client.create(`${REVIEWS}/selfsubjectaccessreviews`, review)
  const status = (answer.status ?? {}) as { allowed?: boolean; reason?: string; evaluationError?: string }
  const reason = status.reason ? ` - ${status.reason}` : ''
  const evaluation = status.evaluationError ? ` - ${status.evaluationError}` : ''
  if (!flags.bool('quiet')) yield* p.out(status.allowed ? 'yes\n' : `no${reason}${evaluation}\n`)
  return status.allowed ? 0 : 1
}

/** The type a word names; none when there is none, or the server does not say. */
function* typeOf(ctx: Context, word: string): Run<ResourceType | undefined> {
  try {
    return (yield* ctx.session.mapper(2)).find(word)
  } catch (error) {
    if (error instanceof ConnectionError) return undefined
    throw error
  }
}

const VERBS =
  '* get list watch create update patch delete deletecollection use bind impersonate escalate approve sign attest proxy'.split(
    ' ',
  )

function* wantedOf(ctx: Context, args: string[]): Run<Wanted> {
  const [verb, what = '', ...more] = args
  if (verb === undefined || what === '' || more.length > 1)
    throw new CommandError(
      "you must specify two arguments: verb resource or verb resource/resourceName.\nSee 'kubectl auth can-i -h' for help and examples.",
    )
  if (!VERBS.includes(verb)) yield* ctx.p.err(`Warning: verb '${verb}' is not a known verb\n\n`)
  const nothing = { verb, group: '', resource: '', name: '', path: '' }
  if (what.startsWith('/')) return { ...nothing, path: what }
  const [word = '', slashName = ''] = what.split('/', 2)
  const name = more[0] ?? slashName
  if (word === '*') return { ...nothing, resource: '*', name }
  const type = yield* typeOf(ctx, word)
  if (!type) {
    const [resource = '', ...group] = word.split('.')
    yield* ctx.p.err(
      group.length > 0
        ? `Warning: the server doesn't have a resource type '${resource}' in group '${group.join('.')}'\n\n`
        : `Warning: the server doesn't have a resource type '${resource}'\n\n`,
    )
    return { ...nothing, group: group.join('.'), resource, name }
  }
  if (!type.namespaced && !ctx.flags.bool('all-namespaces'))
    yield* ctx.p.err(
      `Warning: resource '${type.resource}' is not namespace scoped${type.group ? ` in group '${type.group}'` : ''}\n\n`,
    )
  return { ...nothing, group: type.group, resource: type.resource, name }
}

interface Rules {
  resourceRules?: { verbs?: string[]; apiGroups?: string[]; resources?: string[]; resourceNames?: string[] }[]
  nonResourceRules?: { verbs?: string[]; nonResourceURLs?: string[] }[]
  incomplete?: boolean
  evaluationError?: string
}

function* listRules(ctx: Context): Run<void> {
  if (ctx.args.length > 0) throw new UsageError(ctx.path, 'list option must be specified with no arguments')
  const { namespace } = yield* ctx.session.namespace()
  const client = yield* ctx.session.client()
  const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectRulesReview', spec: { namespace } }
  const answer = yield* client.create(`${REVIEWS}/selfsubjectrulesreviews`, review)
  const rules = (answer.status ?? {}) as Rules
  if (rules.incomplete) yield* ctx.p.err(`warning: the list may be incomplete: ${rules.evaluationError ?? ''}\n`)
  const rows = ruleRows(rules)
  if (!ctx.flags.bool('no-headers')) rows.unshift(['Resources', 'Non-Resource URLs', 'Resource Names', 'Verbs'])
  yield* ctx.p.out(alignTabs(rows.map((row) => `${row.join('\t')}\n`).join(''), GET_TABS))
}

const listed = (items: string[] | undefined): string => `[${(items ?? []).join(' ')}]`

/** One row for each resource of each group, and for each path. */
const ruleRows = (rules: Rules): string[][] =>
  compactRules([...(rules.resourceRules ?? []), ...(rules.nonResourceRules ?? [])]).map((rule) => [
    resourceText(rule),
    listText(rule.url ? [rule.url] : []),
    listText(rule.names),
    listText(rule.verbs),
  ])

interface UserInfo {
  username?: string
  uid?: string
  groups?: string[]
  extra?: Record<string, string[]>
}

function* runWhoami(ctx: Context): Run<void> {
  const client = yield* ctx.session.client()
  const body = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }
  const answer = yield* client.create('/apis/authentication.k8s.io/v1/selfsubjectreviews', body)
  const format = yield* outputFormat(ctx.p, ctx.flags, ctx.session.minor)
  if (format?.kind === 'object') return yield* ctx.p.out(format.printer.print({ ...body, ...answer }))
  const user = ((answer.status as { userInfo?: UserInfo } | undefined)?.userInfo ?? {}) as UserInfo
  const rows: string[][] = [['ATTRIBUTE', 'VALUE']]
  if (user.username) rows.push(['Username', user.username])
  if (user.uid) rows.push(['UID', user.uid])
  if (user.groups?.length) rows.push(['Groups', listed(user.groups)])
  for (const key of Object.keys(user.extra ?? {}).sort()) rows.push([`Extra: ${key}`, listed(user.extra![key])])
  yield* ctx.p.out(alignTabs(rows.map((row) => `${row.join('\t')}\n`).join(''), GET_TABS))
}
