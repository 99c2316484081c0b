/** `kubectl expose`. Models kubectl/pkg/cmd/expose and pkg/polymorphichelpers. */
import type { Run } from '../../../host/process.ts'
import { build, optionsFromFlags, type Info } from '../builder.ts'
import { dryRunOf, forEach, parseLabels, tellerOf, writeQuery } from '../changes.ts'
import type { ApiObject } from '../client.ts'
import type { Command, Context } from '../command.ts'
import { CommandError, throwAll } from '../errors.ts'
import type { FlagValues } from '../flags.ts'
import { withLastApplied } from '../last-applied.ts'
import { overridden } from '../overrides.ts'
import { explicitNamespace, metaMaker, posted } from './create/generator.ts'

export const exposeCommand: Command = { path: 'expose', complete: 'types', run: runExpose }

interface Port {
  number: number
  protocol: string
}

interface Expression {
  key: string
  operator: string
  values?: string[]
}

interface Fields {
  selector?: { matchLabels?: Record<string, string>; matchExpressions?: Expression[] } & Record<string, unknown>
  template?: { metadata?: { labels?: Record<string, string> }; spec?: PodSpec }
  ports?: { port: number; protocol?: string }[]
}

interface PodSpec {
  containers?: { ports?: { containerPort: number; protocol?: string }[] }[]
}

const podPorts = (spec: PodSpec | undefined): Port[] =>
  (spec?.containers ?? []).flatMap(({ ports }) =>
    (ports ?? []).map((port) => ({ number: port.containerPort, protocol: port.protocol ?? 'TCP' })),
  )

const fieldsOf = (object: ApiObject): Fields => (object.spec ?? {}) as Fields

/** As Go's %+v prints the requirements. */
const goText = (expressions: Expression[]): string =>
  `[${expressions.map(({ key, operator, values = [] }) => `{Key:${key} Operator:${operator} Values:[${values.join(' ')}]}`).join(' ')}]`

function matchLabels(object: ApiObject): Record<string, string> {
  const { selector, template } = fieldsOf(object)
  if (selector?.matchExpressions?.length)
    throw new CommandError(
      `couldn't retrieve selectors via --selector flag or introspection: couldn't convert expressions - "${goText(selector.matchExpressions)}" to map-based selector format`,
    )
  const labels = selector?.matchLabels ?? template?.metadata?.labels ?? {}
  if (Object.keys(labels).length === 0)
    throw new CommandError(
      "couldn't retrieve selectors via --selector flag or introspection: invalid deployment: no selectors, therefore cannot be exposed",
    )
  return labels
}

function podLabels(object: ApiObject): Record<string, string> {
  const labels = object.metadata?.labels ?? {}
  if (Object.keys(labels).length === 0)
    throw new CommandError(
      "couldn't retrieve selectors via --selector flag or introspection: the pod has no labels and cannot be exposed",
    )
  return labels
}

function plainSelector(object: ApiObject): Record<string, string> {
  const selector = (fieldsOf(object).selector ?? {}) as Record<string, string>
  if (Object.keys(selector).length === 0)
    throw new CommandError(
      "couldn't retrieve selectors via --selector flag or introspection: invalid service: no selector, therefore cannot be exposed",
    )
  return selector
}

interface Exposable {
  selector(object: ApiObject): Record<string, string>
  ports(object: ApiObject): Port[]
}

const templated = { ports: (object: ApiObject) => podPorts(fieldsOf(object).template?.spec) }

const EXPOSABLE: Record<string, Exposable> = {
  Deployment: { selector: matchLabels, ...templated },
  ReplicaSet: { selector: matchLabels, ...templated },
  ReplicationController: { selector: plainSelector, ...templated },
  Pod: { selector: podLabels, ports: (object) => podPorts(object.spec as PodSpec) },
  Service: {
    selector: plainSelector,
    ports: (object) =>
      (fieldsOf(object).ports ?? []).map(({ port, protocol }) => ({ number: port, protocol: protocol ?? 'TCP' })),
  },
}

function* runExpose(ctx: Context): Run<void> {
  const { flags } = ctx
  const dryRun = yield* dryRunOf(ctx)
  const tell = yield* tellerOf(ctx, dryRun, true)
  const options = { ...optionsFromFlags(ctx), selector: '' }
  const { infos, errors } = yield* build(ctx, options)
  yield* forEach(infos, errors, function* (info) {
    const made = overridden(yield* serviceOf(ctx, info), flags)
    const service = flags.bool('save-config') ? withLastApplied(made, true) : made
    yield* tell(dryRun === 'client' ? service : yield* posted(ctx, service, writeQuery(ctx, dryRun)), 'exposed')
  })
  throwAll(errors)
}

function* serviceOf(ctx: Context, info: Info): Run<ApiObject> {
  const { flags, session } = ctx
  const { type, object } = info
  const rules = EXPOSABLE[type.kind]
  if (!rules) throw new CommandError(`cannot expose a ${type.kind}${type.group ? `.${type.group}` : ''}`)
  const selector = flags.text('selector') ? parseLabels(flags.text('selector')) : rules.selector(object)
  const ports = portsOf(flags, rules.ports(object))
  const labels = flags.text('labels') ? parseLabels(flags.text('labels')) : object.metadata?.labels
  return {
    kind: 'Service',
    apiVersion: 'v1',
    metadata: metaMaker(session.minor)({
      name: flags.text('name') || info.name.slice(0, 63),
      ...(yield* explicitNamespace(ctx)),
      ...(labels ? { labels } : {}),
    }),
    spec: { ...(ports.length > 0 ? { ports } : {}), selector, ...moreOf(flags) },
    status: { loadBalancer: {} },
  }
}

function portsOf(flags: FlagValues, found: Port[]): object[] {
  const headless = flags.text('cluster-ip') === 'None'
  const texts = flags.text('port') ? flags.text('port').split(',') : found.map(({ number }) => String(number))
  if (texts.length === 0 && !headless) throw new CommandError("couldn't find port via --port flag or introspection")
  return texts.map((text, i) => {
    const port = Number(text)
    if (!/^-?\d+$/.test(text)) throw new CommandError(`strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`)
    const protocol = flags.text('protocol') || (found.find(({ number }) => number === port)?.protocol ?? 'TCP')
    return {
      ...(texts.length > 1 ? { name: `port-${i + 1}` } : {}),
      protocol,
      port,
      targetPort: targetOf(flags.text('target-port'), port),
    }
  })
}

const targetOf = (text: string, port: number): number | string =>
  text === '' ? port : /^\d+$/.test(text) ? Number(text) : text

function moreOf(flags: FlagValues): object {
  const given = (field: string, flag: string): object => (flags.text(flag) ? { [field]: flags.text(flag) } : {})
  return {
    ...given('clusterIP', 'cluster-ip'),
    ...given('type', 'type'),
    ...(flags.text('external-ip') ? { externalIPs: [flags.text('external-ip')] } : {}),
    ...given('sessionAffinity', 'session-affinity'),
    ...(flags.text('type') === 'LoadBalancer' ? given('loadBalancerIP', 'load-balancer-ip') : {}),
  }
}
