/** `kubectl set env`. Models kubectl/pkg/cmd/set/set_env.go. */
import { textOfBytes } from '../../../../host/bytes.ts'
import type { Run } from '../../../../host/process.ts'
import { build, type Info } from '../../builder.ts'
import type { ApiObject } from '../../client.ts'
import type { Command, Context } from '../../command.ts'
import { CommandError, throwAll } from '../../errors.ts'
import { base64ToBytes } from '../../../../objects/protobuf-wire.ts'
import { quantityValue } from '../../../../objects/quantity.ts'
import { parsePairs, splitPairs, type Pairs } from '../../pairs.ts'
import { changePodSpec, nameMatches, podSpecOf, type Container, type EnvVar, type PodSpec } from '../../pod-template.ts'
import { changeObjects, hasObjects, infosOf, NO_OBJECTS } from './change.ts'

export const setEnvCommand: Command = { path: 'set env', complete: 'types', run: runSetEnv }

function* runSetEnv(ctx: Context): Run<void> {
  const { flags } = ctx
  const split = splitPairs(
    ctx.args.filter((arg) => arg !== '-'),
    'environment variable',
  )
  const stdin = ctx.args.includes('-') ? (yield* ctx.p.readAll()).split('\n').filter((line) => line.includes('=')) : []
  const pairs = parsePairs([...stdin, ...flags.list('env'), ...split.pairs], 'environment variable')
  if (!hasObjects(ctx, split.objects)) throw new CommandError(NO_OBJECTS)
  if (flags.bool('list')) return yield* listEnv(ctx, split.objects)
  const from = flags.text('from') ? yield* fromObject(ctx) : []
  yield* warnRenamed(ctx, from)
  const added = [...Object.entries(pairs.set).map(([name, value]): EnvVar => ({ name, value })), ...from]
  yield* changeObjects(ctx, split.objects, {
    operation: 'env updated',
    failure: 'failed to patch env update to pod template: ',
    before: (infos) => warnUnmatched(ctx, infos),
    apply: (info) => changePodSpec(info.object, (spec) => withEnv(ctx, spec, added, pairs)),
  })
}

/** Variables that point at the keys of a ConfigMap or Secret. */
function* fromObject(ctx: Context): Run<EnvVar[]> {
  const { flags } = ctx
  const { infos, errors } = yield* build(ctx, { args: [flags.text('from')] })
  throwAll(errors)
  const keys = flags.list('keys')
  return infos.flatMap((info) => {
    const isSecret = info.type.kind === 'Secret'
    if (!isSecret && info.type.kind !== 'ConfigMap') throw new CommandError(`unsupported resource specified in --from`)
    const data = Object.keys((info.object.data ?? {}) as object).sort((a, b) => (envName(a) < envName(b) ? -1 : 1))
    return data
      .filter((key) => keys.length === 0 || keys.includes(key))
      .map((key): EnvVar => {
        const ref = { name: info.name, key }
        return {
          name: flags.text('prefix') + envName(key),
          valueFrom: isSecret ? { secretKeyRef: ref } : { configMapKeyRef: ref },
        }
      })
  })
}

function* warnRenamed(ctx: Context, variables: EnvVar[]): Run<void> {
  for (const { valueFrom } of variables) {
    const key = (valueFrom?.secretKeyRef ?? valueFrom?.configMapKeyRef)?.key ?? ''
    if (envName(key) !== key) yield* ctx.p.err(`Warning: key ${key} transferred to ${envName(key)}\n`)
  }
}

function* warnUnmatched(ctx: Context, infos: Info[]): Run<void> {
  const pattern = ctx.flags.text('containers') || '*'
  for (const info of infos) {
    const { initContainers = [], containers = [] } = podSpecOf(info.object)
    if ([...initContainers, ...containers].some(({ name }) => nameMatches(pattern, name))) continue
    yield* ctx.p.err(
      `Warning: ${info.type.kind}/${info.name} does not have any containers matching ${JSON.stringify(pattern)}\n`,
    )
  }
}

const envName = (key: string): string => key.replace(/[^a-zA-Z0-9_]/g, '_').toUpperCase()

function withEnv(ctx: Context, spec: PodSpec, added: EnvVar[], pairs: Pairs): PodSpec {
  const pattern = ctx.flags.text('containers') || '*'
  const change = (container: Container): Container =>
    nameMatches(pattern, container.name) ? changed(container, added, pairs, ctx.flags.bool('overwrite')) : container
  return {
    ...spec,
    ...(spec.initContainers ? { initContainers: spec.initContainers.map(change) } : {}),
    ...(spec.containers ? { containers: spec.containers.map(change) } : {}),
  }
}

function changed(container: Container, added: EnvVar[], { remove }: Pairs, overwrite: boolean): Container {
  const old = container.env ?? []
  for (const variable of added) {
    const found = old.find(({ name }) => name === variable.name)
    if (found && !overwrite)
      throw new CommandError(`'${variable.name}' already has a value (${found.value ?? ''}), and --overwrite is false`)
  }
  const kept = old
    .filter(({ name }) => !remove.includes(name))
    .map((variable) => added.find(({ name }) => name === variable.name) ?? variable)
  const env = [...kept, ...added.filter(({ name }) => !old.some((variable) => variable.name === name))]
  const { env: _, ...rest } = container
  return env.length > 0 ? { ...rest, env } : rest
}

function* listEnv(ctx: Context, objects: string[]): Run<void> {
  const { flags } = ctx
  const { infos, errors } = yield* infosOf(ctx, objects)
  for (const info of infos) {
    const { containers = [], initContainers = [] } = podSpecOf(info.object)
    for (const container of [...containers, ...initContainers]) {
      if (!nameMatches(ctx.flags.text('containers') || '*', container.name)) continue
      yield* ctx.p.out(`# ${info.type.kind} ${info.name}, container ${container.name}\n`)
      if (flags.bool('resolve')) yield* listResolved(ctx, info, container)
      else yield* ctx.p.out((container.env ?? []).map(envText).join(''))
    }
  }
  throwAll(errors)
}

/** `--resolve`: what the references lead to; those that lead nowhere stay, and are told at the end. */
function* listResolved(ctx: Context, info: Info, container: Container): Run<void> {
  const failures = new Map<string, string[]>()
  for (const variable of container.env ?? []) {
    try {
      const value = variable.valueFrom ? yield* resolved(ctx, info, container, variable.valueFrom) : variable.value
      yield* ctx.p.out(`${variable.name}=${value ?? ''}\n`)
    } catch (error) {
      if (!(error instanceof CommandError)) throw error
      yield* ctx.p.out(envText(variable))
      failures.set(error.message, [...(failures.get(error.message) ?? []), variable.name])
    }
  }
  const lines = [...failures].map(([why, names]) => `error retrieving reference for ${names.sort().join(', ')}: ${why}`)
  for (const line of lines.sort()) yield* ctx.p.err(`${line}\n`)
}

function* resolved(
  ctx: Context,
  { object }: Info,
  { resources }: Container,
  { secretKeyRef, configMapKeyRef, fieldRef, resourceFieldRef }: NonNullable<EnvVar['valueFrom']>,
): Run<string> {
  const ref = secretKeyRef ?? configMapKeyRef
  if (ref) return yield* keyValue(ctx, ref.name ?? '', ref.key, secretKeyRef !== undefined)
  if (fieldRef) return fieldValue(object, fieldRef.fieldPath)
  const [list = '', ...rest] = (resourceFieldRef?.resource ?? '').split('.')
  const resource = rest.join('.')
  if ((list !== 'limits' && list !== 'requests') || !['cpu', 'memory', 'ephemeral-storage'].includes(resource))
    throw new CommandError(`Unsupported container resource : ${resourceFieldRef?.resource ?? ''}`)
  return String(Math.ceil(quantityValue(resources?.[list]?.[resource] ?? '0')))
}

function* keyValue(ctx: Context, name: string, key: string, isSecret: boolean): Run<string> {
  const client = yield* ctx.session.client()
  const { namespace } = yield* ctx.session.namespace()
  const resource = isSecret ? 'secrets' : 'configmaps'
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/${resource}/${encodeURIComponent(name)}`
  const { data = {} } = yield* client.get<ApiObject & { data?: Record<string, string> }>(path)
  const value = data[key]
  if (value === undefined)
    throw new CommandError(`key ${key} not found in ${isSecret ? 'secret' : 'config map'} ${name}`)
  return isSecret ? textOfBytes(base64ToBytes(value)) : value
}

/** A field of the object itself, which for a Deployment is not what a pod would see. */
function fieldValue({ metadata = {} }: ApiObject, path: string): string {
  const subscript = /^(.+?)\['(.*)'\]$/.exec(path)
  const [, map = '', key = ''] = subscript ?? []
  if (map === 'metadata.annotations') return metadata.annotations?.[key] ?? ''
  if (map === 'metadata.labels') return metadata.labels?.[key] ?? ''
  if (subscript) throw new CommandError(`fieldPath ${JSON.stringify(path)} does not support subscript`)
  const texts =
    path === 'metadata.annotations' ? metadata.annotations : path === 'metadata.labels' ? metadata.labels : undefined
  if (path === 'metadata.annotations' || path === 'metadata.labels')
    return Object.keys(texts ?? {})
      .sort()
      .map((name) => `${name}=${JSON.stringify(texts![name])}`)
      .join('\n')
  if (path === 'metadata.name') return metadata.name ?? ''
  if (path === 'metadata.namespace') return metadata.namespace ?? ''
  if (path === 'metadata.uid') return metadata.uid ?? ''
  throw new CommandError(`unsupported fieldPath: ${path}`)
}

function envText({ name, value, valueFrom }: EnvVar): string {
  if (!valueFrom) return `${name}=${value ?? ''}\n`
  const { configMapKeyRef, secretKeyRef, fieldRef, resourceFieldRef } = valueFrom
  if (configMapKeyRef) return `# ${name} from configmap ${configMapKeyRef.name}, key ${configMapKeyRef.key}\n`
  if (secretKeyRef) return `# ${name} from secret ${secretKeyRef.name}, key ${secretKeyRef.key}\n`
  if (fieldRef) return `# ${name} from field path ${fieldRef.fieldPath}\n`
  return `# ${name} from resource field ${resourceFieldRef?.resource ?? ''}\n`
}
