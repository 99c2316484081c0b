/** `kubectl run`. Models kubectl/pkg/cmd/run. Not modelled: `--attach` of a pod whose output began before it was attached to is read from its log only when it already ended. */
import type { Run } from '../../../host/process.ts'
import type { Target } from '../builder.ts'
import { dryRunOf, parseLabels, tellerOf, usage, writeQuery, type DryRun, type Tell } from '../changes.ts'
import type { ApiObject } from '../client.ts'
import type { Command, Context } from '../command.ts'
import { waitForDeletion } from '../deletion.ts'
import { CommandError } from '../errors.ts'
import { withLastApplied } from '../last-applied.ts'
import { pathOf } from '../mapper.ts'
import { overridden } from '../overrides.ts'
import { texts } from '../texts.ts'
import { explicitNamespace, metaMaker, posted } from './create/generator.ts'
import { greetingOf, sessionEnded } from './attach.ts'
import { runIn } from './exec.ts'

export const runCommand: Command = {
  path: 'run',
  required: ['image'],
  flags: [
    { name: 'annotations', type: 'array', default: '[]', usage: 'Annotations to apply to the pod.' },
    {
      name: 'field-manager',
      type: 'string',
      default: "'kubectl-run'",
      usage: 'Name of the manager used to track field ownership.',
    },
  ],
  complete: 'none',
  run: runRun,
}

const IMAGE =
  /^(?:[a-zA-Z0-9.-]+(?::\d+)?\/)?[a-z0-9]+(?:[._-]+[a-z0-9]+|\/[a-z0-9]+)*(?::[\w][\w.-]{0,127})?(?:@[A-Za-z][\w.+-]*:[0-9a-fA-F]+)?$/
const RESTARTS = ['Always', 'OnFailure', 'Never']
const PULLS = ['', 'Always', 'IfNotPresent', 'Never']
/** How often a pod is asked for while it starts. */
const POLL_MS = 500

interface Wish {
  attach: boolean
  stdin: boolean
  tty: boolean
  remove: boolean
}

function wishOf({ flags }: Context): Wish {
  const stdin = flags.bool('stdin')
  const attach = flags.changed('attach') ? flags.bool('attach') : stdin || flags.bool('tty')
  return { attach, stdin, tty: flags.bool('tty'), remove: flags.bool('rm') }
}

function check(ctx: Context, wish: Wish, dryRun: DryRun): void {
  const { flags, args } = ctx
  const image = flags.text('image')
  if (args.length === 0 || ctx.dash === 0) throw usage(ctx, 'NAME is required for run')
  if (image === '') throw usage(ctx, '--image is required')
  if (!IMAGE.test(image))
    throw new CommandError(`Invalid image name ${JSON.stringify(image)}: invalid reference format`)
  if (wish.tty && !wish.stdin) throw usage(ctx, '-i/--stdin is required for containers with -t/--tty=true')
  if (flags.bool('expose') && !flags.text('port')) throw usage(ctx, '--port must be set when exposing a service')
  if (wish.attach && dryRun !== 'none')
    throw usage(
      ctx,
      `--dry-run=[server|client] can't be used with attached containers options (--attach, --stdin, or --tty)`,
    )
  if (wish.remove && !wish.attach) throw usage(ctx, '--rm should only be used for attached containers')
  if (!RESTARTS.includes(flags.text('restart') || 'Always'))
    throw usage(ctx, `invalid restart policy: ${flags.text('restart')}`)
  if (!PULLS.includes(flags.text('image-pull-policy')))
    throw usage(ctx, `invalid image pull policy: ${flags.text('image-pull-policy')}`)
}

function* runRun(ctx: Context): Run<number | void> {
  const { flags } = ctx
  const dryRun = yield* dryRunOf(ctx)
  const wish = wishOf(ctx)
  check(ctx, wish, dryRun)
  const tell = yield* tellerOf(ctx, dryRun, true)
  const name = ctx.args[0]!
  const pod = yield* podOf(ctx, name, wish)
  if (flags.bool('expose')) yield* exposed(ctx, name, pod, dryRun, tell)
  const created = dryRun === 'client' ? pod : yield* sent(ctx, pod, dryRun)
  if (wish.attach) return yield* attached(ctx, created, wish)
  yield* tell(created, 'created')
}

/** `--save-config` is taken only for what is really sent. */
function* sent(ctx: Context, object: ApiObject, dryRun: DryRun): Run<ApiObject> {
  const saved = ctx.flags.bool('save-config') ? withLastApplied(object, true) : object
  return yield* posted(ctx, saved, writeQuery(ctx, dryRun))
}

function* podOf(ctx: Context, name: string, wish: Wish): Run<ApiObject> {
  const { flags, args, session } = ctx
  const meta = metaMaker(session.minor)
  const labels = flags.text('labels') ? parseLabels(flags.text('labels')) : { run: name }
  const annotations = annotationsOf(flags.list('annotations'))
  const pull = flags.text('image-pull-policy')
  const restart = flags.text('restart') || 'Always'
  const port = flags.text('port')
  if (port && !/^\d+$/.test(port))
    throw new CommandError(`strconv.Atoi: parsing ${JSON.stringify(port)}: invalid syntax`)
  const env = flags.list('env').map(envOf)
  const rest = args.slice(1)
  const where = yield* explicitNamespace(ctx)
  const pod = {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: meta({ name, ...where, labels, ...(annotations ? { annotations } : {}) }),
    spec: {
      containers: [
        {
          name,
          image: flags.text('image'),
          ...(rest.length > 0 ? { [flags.bool('command') ? 'command' : 'args']: rest } : {}),
          ...(port ? { ports: [{ containerPort: Number(port) }] } : {}),
          ...(env.length > 0 ? { env } : {}),
          resources: {},
          ...(pull ? { imagePullPolicy: pull } : {}),
          ...(flags.changed('privileged') ? { securityContext: { privileged: flags.bool('privileged') } } : {}),
          ...(wish.stdin ? { stdin: true, ...(flags.bool('leave-stdin-open') ? {} : { stdinOnce: true }) } : {}),
          ...(wish.tty ? { tty: true } : {}),
        },
      ],
      restartPolicy: restart,
      dnsPolicy: 'ClusterFirst',
    },
    status: {},
  }
  return overridden(pod, flags)
}

function annotationsOf(list: string[]): Record<string, string> | undefined {
  if (list.length === 0) return undefined
  return Object.fromEntries(
    list.map((text) => {
      const equals = text.indexOf('=')
      if (equals < 1) throw new CommandError(`invalid annotation format: ${text}`)
      return [text.slice(0, equals), text.slice(equals + 1)]
    }),
  )
}

function envOf(text: string): { name: string; value: string } {
  const equals = text.indexOf('=')
  if (equals < 1 || !/^[-._a-zA-Z][-._a-zA-Z0-9]*$/.test(text.slice(0, equals)))
    throw new CommandError(`invalid env: ${text}`)
  return { name: text.slice(0, equals), value: text.slice(equals + 1) }
}

/** The service of `--expose`, made before the pod. */
function* exposed(ctx: Context, name: string, pod: ApiObject, dryRun: DryRun, tell: Tell): Run<void> {
  const port = Number(ctx.flags.text('port'))
  const service = {
    kind: 'Service',
    apiVersion: 'v1',
    metadata: metaMaker(ctx.session.minor)({ name, ...(yield* explicitNamespace(ctx)) }),
    spec: { ports: [{ protocol: 'TCP', port, targetPort: port }], selector: pod.metadata?.labels ?? {} },
    status: { loadBalancer: {} },
  }
  yield* tell(dryRun === 'client' ? service : yield* sent(ctx, service, dryRun), 'created')
  if (ctx.flags.text('output') === 'yaml') yield* ctx.p.out('---\n')
}

interface RunningPod extends ApiObject {
  status?: {
    phase?: string
    conditions?: { type: string; status: string }[]
    containerStatuses?: { state?: { terminated?: { exitCode: number } } }[]
  }
}

const podTarget = function* (ctx: Context, pod: ApiObject): Run<Target> {
  const type = (yield* ctx.session.mapper()).resolve('pods')
  return {
    type,
    namespace: pod.metadata?.namespace ?? (yield* ctx.session.namespace()).namespace,
    name: pod.metadata?.name ?? '',
  }
}

/** Waits for the pod, joins its terminal, removes it with `--rm`, and ends as it ended. */
function* attached(ctx: Context, created: ApiObject, wish: Wish): Run<number> {
  const target = yield* podTarget(ctx, created)
  try {
    const pod = yield* started(ctx, target)
    const phase = pod.status?.phase
    const over = phase === 'Succeeded' || phase === 'Failed'
    if (over) yield* printLog(ctx, target)
    else yield* joined(ctx, pod, target, wish)
    return yield* exitCode(ctx, target, ctx.flags.text('restart'))
  } finally {
    if (wish.remove) yield* removed(ctx, target)
  }
}

/** A container that is gone before it is attached to is read from its log. */
function* joined(ctx: Context, pod: RunningPod, target: Target, wish: Wish): Run<void> {
  try {
    const container = containerName(pod)
    yield* runIn(ctx, pod as Parameters<typeof runIn>[1], 'attach', {
      container,
      stdin: wish.stdin,
      tty: wish.tty,
      greeting: greetingOf(ctx),
    })
    yield* sessionEnded(ctx, pod as Parameters<typeof runIn>[1], container, wish)
  } catch (error) {
    if (!(error instanceof CommandError) || !error.message.includes('unable to upgrade')) throw error
    yield* ctx.p.err(
      `warning: couldn't attach to pod/${target.name}, falling back to streaming logs: ${error.message}\n`,
    )
    yield* printLog(ctx, target)
  }
}

const containerName = (pod: ApiObject): string => (pod.spec as { containers: { name: string }[] }).containers[0]!.name

function* read(ctx: Context, { type, namespace, name }: Target): Run<RunningPod> {
  return yield* (yield* ctx.session.client()).get<RunningPod>(pathOf(type, namespace, name))
}

/** The pod once it is ready, or already over. */
function* started(ctx: Context, target: Target): Run<RunningPod> {
  const deadline = (yield* ctx.p.now()) + ctx.flags.durationMs('pod-running-timeout')
  for (;;) {
    const pod = yield* read(ctx, target)
    const phase = pod.status?.phase
    const ready = (pod.status?.conditions ?? []).some(({ type, status }) => type === 'Ready' && status === 'True')
    if ((phase === 'Running' && ready) || phase === 'Succeeded' || phase === 'Failed') return pod
    if ((yield* ctx.p.now()) >= deadline) throw new CommandError('timed out waiting for the condition')
    yield* ctx.p.sleep(POLL_MS)
  }
}

function* printLog(ctx: Context, { type, namespace, name }: Target): Run<void> {
  const answer = yield* (yield* ctx.session.client()).request<unknown>('GET', pathOf(type, namespace, name, 'log'))
  if (typeof answer === 'string') yield* ctx.p.out(answer)
}

/** A pod that is not restarted hands on its exit code. */
function* exitCode(ctx: Context, target: Target, restart: string): Run<number> {
  if (restart !== 'Never') return 0
  const deadline = (yield* ctx.p.now()) + ctx.flags.durationMs('pod-running-timeout')
  while ((yield* ctx.p.now()) < deadline) {
    const pod = yield* read(ctx, target)
    const code = pod.status?.containerStatuses?.[0]?.state?.terminated?.exitCode
    if (pod.status?.phase === 'Succeeded') return 0
    if (pod.status?.phase === 'Failed') {
      yield* ctx.p.err(`pod ${target.namespace}/${target.name} terminated (Error)\n`)
      return code ?? 1
    }
    yield* ctx.p.sleep(POLL_MS)
  }
  return 0
}

function* removed(ctx: Context, target: Target): Run<void> {
  const client = yield* ctx.session.client()
  const answer = yield* client.delete<ApiObject>(pathOf(target.type, target.namespace, target.name), {
    kind: 'DeleteOptions',
    apiVersion: 'v1',
    propagationPolicy: 'Background',
  })
  const from = texts.deletedFromNamespace(ctx.session.minor) ? ` from ${target.namespace} namespace` : ''
  yield* ctx.p.out(`pod "${target.name}" deleted${from}\n`)
  yield* waitForDeletion(ctx, [{ target, uid: answer.metadata?.uid ?? '' }], 168 * 3600_000)
}
