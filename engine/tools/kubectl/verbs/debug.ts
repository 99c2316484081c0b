/**
 * `kubectl debug`: an ephemeral container in a pod, a copy of a pod, a pod on a node. Models kubectl/pkg/cmd/debug.
 * Not modelled: --custom of a partial container spec.
 */
import type { Run } from '../../../host/process.ts'
import { build, type Info } from '../builder.ts'
import type { ApiObject, Client } from '../client.ts'
import type { Command, Context } from '../command.ts'
import { CommandError, notSimulated, throwAll } from '../errors.ts'
import { apiVersionOf, pathOf } from '../mapper.ts'
import { texts } from '../texts.ts'
import { greetingOf } from './attach.ts'
import { applied, profileNamed, type Style } from './debug-profiles.ts'
import { runIn } from './exec.ts'
import type { PodContainer, PodLike } from './pods-of.ts'

export const debugCommand: Command = { path: 'debug', run: runDebug }

const IMAGE =
  /^(?:[a-zA-Z0-9.-]+(?::\d+)?\/)?[a-z0-9]+(?:[._-]+[a-z0-9]+|\/[a-z0-9]+)*(?::[\w][\w.-]{0,127})?(?:@[A-Za-z][\w.+-]*:[0-9a-fA-F]+)?$/
const PULLS = ['', 'Always', 'IfNotPresent', 'Never']
const LEGACY =
  '--profile=legacy is deprecated and will be removed in the future. It is recommended to explicitly specify a profile, for example "--profile=general".\n'
const SUFFIX = 'bcdfghjklmnpqrstvwxz2456789'
const POLL_MS = 250

interface Wish {
  image: string
  container: string
  copyTo: string
  target: string
  command: string[]
  env: { name: string; value: string }[]
  setImages: Map<string, string>
  stdin: boolean
  tty: boolean
  attach: boolean
  profile: string
}

function pairs(ctx: Context, flag: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const text of ctx.flags.list(flag).flatMap((one) => (flag === 'set-image' ? one.split(',') : [one]))) {
    const equals = text.indexOf('=')
    if (equals < 0)
      throw new CommandError(
        `invalid argument ${JSON.stringify(text)} for "--${flag}" flag: ${text} must be formatted as key=value\nSee 'kubectl debug --help' for usage.`,
      )
    found.set(text.slice(0, equals), text.slice(equals + 1))
  }
  return found
}

function wishOf(ctx: Context): Wish {
  const { flags, args, dash } = ctx
  const stdin = flags.bool('stdin')
  const env = [...pairs(ctx, 'env')].map(([name, value]) => ({ name, value }))
  return {
    image: flags.text('image'),
    container: flags.text('container'),
    copyTo: flags.text('copy-to'),
    target: flags.text('target'),
    command: dash < 0 ? [] : args.slice(dash),
    env: env.sort((a, b) => (a.name < b.name ? -1 : 1)),
    setImages: pairs(ctx, 'set-image'),
    stdin,
    tty: flags.bool('tty'),
    attach: flags.changed('attach') ? flags.bool('attach') : stdin,
    profile: flags.text('profile') || 'legacy',
  }
}

function checkCopy({ flags }: Context, wish: Wish): void {
  const hasImages = wish.setImages.size > 0
  if (wish.copyTo !== '') {
    if (wish.image === '' && !hasImages && wish.command.length === 0)
      throw new CommandError('you must specify --image, --set-image or command arguments.')
    return
  }
  for (const name of ['replace', 'same-node'])
    if (flags.bool(name)) throw new CommandError(`--${name} may only be used with --copy-to.`)
  if (hasImages) throw new CommandError('--set-image may only be used with --copy-to.')
  if (wish.image === '') throw new CommandError('you must specify --image when not using --copy-to.')
}

function* check(ctx: Context, wish: Wish, names: string[]): Run<void> {
  const { flags, p, session } = ctx
  profileNamed(wish.profile)
  checkCopy(ctx, wish)
  const invalid = (image: string, of = ''): CommandError =>
    new CommandError(`invalid image name ${JSON.stringify(image)}${of}: invalid reference format`)
  if (wish.image !== '' && !IMAGE.test(wish.image)) throw invalid(wish.image)
  if (names.length === 0 && flags.list('filename').length === 0)
    throw new CommandError('NAME or filename is required for debug')
  const pull = flags.text('image-pull-policy')
  if (!PULLS.includes(pull)) throw new CommandError(`invalid image pull policy: ${pull}`)
  for (const [name, image] of wish.setImages)
    if (!IMAGE.test(image)) throw invalid(image, ` for container ${JSON.stringify(name)}`)
  if (wish.target !== '') {
    if (wish.copyTo !== '')
      throw new CommandError('--target is incompatible with --copy-to. Use --share-processes instead.')
    if (!flags.bool('quiet'))
      yield* p.out(
        `Targeting container ${JSON.stringify(wish.target)}. If you don't see processes from this container it may be because the container runtime doesn't support this feature.\n`,
      )
  }
  if (wish.tty && !wish.stdin) throw new CommandError('-i/--stdin is required for containers with -t/--tty=true')
  if (flags.text('custom') !== '') yield* checkCustom(ctx)
  if (wish.profile === 'legacy' && texts.debugLegacyDeprecated(session.minor)) yield* p.err(LEGACY)
}

function* checkCustom(ctx: Context): Run<void> {
  const path = ctx.flags.text('custom')
  if ('error' in (yield* ctx.p.stat(path)))
    throw new CommandError(
      `must pass a container spec json file for custom profile: open ${path}: no such file or directory`,
    )
  throw notSimulated('kubectl debug --custom')
}

function* runDebug(ctx: Context): Run<number> {
  const names = ctx.args.slice(0, ctx.dash < 0 ? ctx.args.length : ctx.dash)
  const wish = wishOf(ctx)
  yield* check(ctx, wish, names)
  const built = yield* build(ctx, {
    args: names,
    filenames: ctx.flags.list('filename'),
    ...(names.some((name) => name.includes('/')) ? {} : { defaultType: 'pods' }),
  })
  throwAll(built.errors)
  let code = 0
  for (const info of built.infos) code = yield* debugOne(ctx, wish, info)
  return code
}

function* debugOne(ctx: Context, wish: Wish, info: Info): Run<number> {
  const { kind } = info.object
  if (kind === 'Node') return yield* onNode(ctx, wish, info.object)
  if (kind !== 'Pod') {
    const [group, version] = [info.type.group, apiVersionOf(info.type).split('/').at(-1)]
    throw new CommandError(`${JSON.stringify(`${group}/${version}, Kind=${kind}`)} not supported by debug`)
  }
  const pod = info.object as PodLike
  return wish.copyTo !== '' ? yield* byCopy(ctx, wish, pod) : yield* byEphemeral(ctx, wish, pod)
}

function* suffix(ctx: Context): Run<string> {
  let made = ''
  while (made.length < 5) made += SUFFIX.charAt(Math.floor((yield* ctx.p.random()) * SUFFIX.length))
  return made
}

const allNames = ({ spec }: PodLike): string[] =>
  [...(spec?.containers ?? []), ...(spec?.initContainers ?? []), ...(spec?.ephemeralContainers ?? [])].map(
    ({ name }) => name,
  )

function* containerName(ctx: Context, wish: Wish, pod: PodLike): Run<string> {
  if (wish.container !== '') return wish.container
  const taken = allNames(pod)
  let name: string
  do name = `debugger-${yield* suffix(ctx)}`
  while (taken.includes(name))
  if (!ctx.flags.bool('quiet')) yield* ctx.p.out(`Defaulting debug container name to ${name}.\n`)
  return name
}

/** What every debugging container has, whichever way it comes into being. */
function madeContainer(ctx: Context, wish: Wish, name: string, style: Style): PodContainer {
  const pull = ctx.flags.text('image-pull-policy')
  const { command } = wish
  return {
    name,
    image: wish.image,
    ...(command.length > 0 && { [ctx.flags.bool('arguments-only') ? 'args' : 'command']: command }),
    ...(wish.env.length > 0 && { env: wish.env }),
    ...(pull !== '' && { imagePullPolicy: pull }),
    resources: {},
    ...applied(wish.profile, style).container,
    ...(wish.stdin && { stdin: true }),
    terminationMessagePolicy: 'File',
    ...(wish.tty && { tty: true }),
  }
}

function* podsPath(ctx: Context, namespace: string | undefined, name?: string, subresource?: string): Run<string> {
  const type = (yield* ctx.session.mapper()).resolve('pods')
  return pathOf(type, namespace, name, subresource)
}

function* byEphemeral(ctx: Context, wish: Wish, pod: PodLike): Run<number> {
  const name = yield* containerName(ctx, wish, pod)
  const container = {
    ...madeContainer(ctx, wish, name, 'ephemeral'),
    ...(wish.target !== '' && { targetContainerName: wish.target }),
  }
  const before = pod.spec?.ephemeralContainers ?? []
  const client = yield* ctx.session.client()
  const path = yield* podsPath(ctx, pod.metadata?.namespace, pod.metadata?.name, 'ephemeralcontainers')
  const patched = yield* client.patch<PodLike>(path, 'strategic', {
    spec: {
      '$setElementOrder/ephemeralContainers': [...before.map((one) => ({ name: one.name })), { name }],
      ephemeralContainers: [container],
    },
  })
  return yield* joined(ctx, wish, patched, name)
}

interface Spec {
  containers: PodContainer[]
  initContainers?: PodContainer[]
  ephemeralContainers?: PodContainer[]
  nodeName?: string
  [field: string]: unknown
}

function* byCopy(ctx: Context, wish: Wish, pod: PodLike): Run<number> {
  const { flags } = ctx
  const client = yield* ctx.session.client()
  const { copy, name } = yield* copyOf(ctx, wish, pod)
  if (flags.bool('replace')) {
    const body = { kind: 'DeleteOptions', apiVersion: 'v1', gracePeriodSeconds: 0 }
    yield* client.delete(yield* podsPath(ctx, pod.metadata?.namespace, pod.metadata?.name), body)
  }
  const made = yield* client.create<PodLike>(yield* podsPath(ctx, pod.metadata?.namespace), copy)
  return yield* joined(ctx, wish, made, name)
}

/** The copy, and the container to attach to (none when only images were set). */
function* copyOf(ctx: Context, wish: Wish, pod: PodLike): Run<{ copy: ApiObject; name: string }> {
  const { flags } = ctx
  const { ephemeralContainers: _gone, nodeName, ...kept } = pod.spec as Spec
  const everywhere = wish.setImages.get('*')
  const containers = kept.containers.map((one) => {
    const image = wish.setImages.get(one.name) ?? everywhere
    return image === undefined ? one : { ...one, image }
  })
  const base: Spec = {
    ...kept,
    containers,
    ...(flags.changed('share-processes') && { shareProcessNamespace: flags.bool('share-processes') }),
    ...(flags.bool('same-node') && nodeName !== undefined && { nodeName }),
  }
  const { labels, annotations, namespace } = pod.metadata ?? {}
  const meta = { name: wish.copyTo, namespace }
  const whole = (spec: Spec, bare: boolean): ApiObject => ({
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: {
      ...meta,
      ...(labels !== undefined && (!bare || flags.bool('keep-labels')) && { labels }),
      ...(annotations !== undefined && (!bare || flags.bool('keep-annotations')) && { annotations }),
    },
    spec,
    status: {},
  })
  const there = containers.some((one) => one.name === wish.container)
  if (!there && wish.image === '') {
    if (wish.setImages.size > 0) return { copy: whole(base, false), name: '' }
    throw new CommandError('you must specify image when creating new container')
  }
  const name = there ? wish.container : yield* containerName(ctx, wish, pod)
  const changed = there
    ? containers.map((one) => (one.name === name ? overridden(ctx, wish, one) : one))
    : [...containers, madeContainer(ctx, wish, name, 'copy')]
  const { pod: shared } = applied(wish.profile, 'copy')
  const explicit = base.shareProcessNamespace !== undefined ? { shareProcessNamespace: base.shareProcessNamespace } : {}
  return { copy: whole(withoutProbes(ctx, { ...base, ...shared, ...explicit, containers: changed }), true), name }
}

/** A container of the pod itself that is to run something else. */
function overridden(ctx: Context, wish: Wish, one: PodContainer): PodContainer {
  const { args: _args, ...bare } = one
  const byCommand =
    wish.command.length === 0
      ? one
      : ctx.flags.bool('arguments-only')
        ? { ...one, args: wish.command }
        : { ...bare, command: wish.command }
  return {
    ...byCommand,
    ...(wish.env.length > 0 && { env: wish.env }),
    ...(wish.image !== '' && { image: wish.image }),
    ...applied(wish.profile, 'copy').container,
    ...(wish.stdin && { stdin: true }),
    ...(wish.tty && { tty: true }),
  }
}

function withoutProbes({ flags }: Context, spec: Spec): Spec {
  const dropped = (['liveness', 'readiness', 'startup'] as const).filter((kind) => !flags.bool(`keep-${kind}`))
  const strip = (one: PodContainer): PodContainer =>
    Object.fromEntries(
      Object.entries(one).filter(([field]) => !dropped.some((kind) => field === `${kind}Probe`)),
    ) as PodContainer
  const { initContainers, ...rest } = spec
  const inits = flags.has('keep-init-containers') && !flags.bool('keep-init-containers') ? undefined : initContainers
  return { ...rest, ...(inits !== undefined && { initContainers: inits }), containers: spec.containers.map(strip) }
}

function* onNode(ctx: Context, wish: Wish, node: ApiObject): Run<number> {
  const nodeName = node.metadata?.name ?? ''
  const { namespace } = yield* ctx.session.namespace()
  const name = wish.container || 'debugger'
  const podName = `node-debugger-${nodeName}-${yield* suffix(ctx)}`
  if (!ctx.flags.bool('quiet'))
    yield* ctx.p.out(`Creating debugging pod ${podName} with container ${name} on node ${nodeName}.\n`)
  const pod = {
    kind: 'Pod',
    apiVersion: 'v1',
    metadata: { name: podName, namespace },
    spec: {
      containers: [madeContainer(ctx, wish, name, 'node')],
      ...applied(wish.profile, 'node').pod,
      nodeName,
      restartPolicy: 'Never',
      tolerations: [{ operator: 'Exists' }],
    },
    status: {},
  }
  const client = yield* ctx.session.client()
  const made = yield* client.create<PodLike>(yield* podsPath(ctx, namespace), pod)
  return yield* joined(ctx, wish, made, name)
}

interface ContainerStatus {
  name: string
  state?: { running?: object; terminated?: object; waiting?: { message?: string } }
}

function statusOf(pod: PodLike, name: string): ContainerStatus | undefined {
  const { status = {} } = pod as { status?: Record<string, unknown> }
  return ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses']
    .flatMap((field) => (status[field] as ContainerStatus[] | undefined) ?? [])
    .find((one) => one.name === name)
}

/** With -i or --attach: waits until the container runs and joins it. */
function* joined(ctx: Context, wish: Wish, made: PodLike, name: string): Run<number> {
  if (!wish.attach || name === '') return 0
  const client = yield* ctx.session.client()
  const path = yield* podsPath(ctx, made.metadata?.namespace, made.metadata?.name)
  const { pod, isOver } = yield* awaited(ctx, client, path, name)
  if (isOver) return yield* printLog(ctx, client, path, name)
  try {
    const { stdin, tty } = wish
    return yield* runIn(ctx, pod, 'attach', { container: name, stdin, tty, greeting: greetingOf(ctx) })
  } catch (error) {
    if (!(error instanceof CommandError) || !error.message.includes('unable to upgrade')) throw error
    yield* ctx.p.err(
      `warning: couldn't attach to pod/${pod.metadata?.name}, falling back to streaming logs: ${error.message}\n`,
    )
    return yield* printLog(ctx, client, path, name)
  }
}

function* awaited(ctx: Context, client: Client, path: string, name: string): Run<{ pod: PodLike; isOver: boolean }> {
  const told = new Set<string>()
  for (;;) {
    const pod = yield* client.get<PodLike>(path)
    const state = statusOf(pod, name)?.state
    if (state?.terminated !== undefined) return { pod, isOver: true }
    if (state?.running !== undefined) return { pod, isOver: false }
    const why = state?.waiting?.message ?? ''
    if (why !== '' && !told.has(why) && !ctx.flags.bool('quiet')) {
      told.add(why)
      yield* ctx.p.err(`Warning: container ${name}: ${why}\n`)
    }
    yield* ctx.p.sleep(POLL_MS)
  }
}

function* printLog(ctx: Context, client: Client, path: string, container: string): Run<number> {
  const text = yield* client.request<unknown>('GET', `${path}/log`, { query: { container } })
  if (typeof text === 'string') yield* ctx.p.out(text)
  return 0
}
