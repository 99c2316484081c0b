/** `kubectl wait`. Models kubectl/pkg/cmd/wait. */
import type { Run } from '../../../host/process.ts'
import { fetchTarget, optionsFromFlags, plan, type BuildOptions, type Info, type Target } from '../builder.ts'
import type { ApiObject } from '../client.ts'
import type { Command, Context } from '../command.ts'
import { AggregateError, CommandError, isNotFound, StatusError, throwAll } from '../errors.ts'
import { findJsonPath, goText, parseJsonPath, relaxedPath, type JsonPath } from '../jsonpath/jsonpath.ts'
import { pathOf, singularWithGroup } from '../mapper.ts'
import { nextEvent } from './get-watch.ts'

export const waitCommand: Command = { path: 'wait', complete: 'types', run: runWait }

type Condition =
  | { kind: 'delete' }
  | { kind: 'create' }
  | { kind: 'condition'; type: string; status: string }
  | { kind: 'jsonpath'; path: JsonPath; value: string | undefined }

/** A week: what a negative timeout means. */
const WEEK_MS = 7 * 24 * 3600_000
/** How often an object that does not exist yet is asked for. */
const CREATE_POLL_MS = 500

function parseCondition(text: string): Condition {
  if (text.toLowerCase() === 'delete') return { kind: 'delete' }
  if (text.toLowerCase() === 'create') return { kind: 'create' }
  if (text.startsWith('condition=')) return parseStatus(text.slice('condition='.length))
  if (text.startsWith('jsonpath=')) return parsePath(text.slice('jsonpath='.length))
  throw new CommandError(`unrecognized condition: ${JSON.stringify(text)}`)
}

function parseStatus(text: string): Condition {
  const [type = '', status = 'true'] = text.split('=', 2)
  return { kind: 'condition', type, status }
}

function parsePath(text: string): Condition {
  const { expression, value } = splitPath(text)
  if (expression === '') throw new CommandError('jsonpath expression cannot be empty')
  if (value === '')
    throw new CommandError(
      `jsonpath wait has to have a value after equal sign, like --for=jsonpath='{.status.readyReplicas}'=3`,
    )
  const clean = value === undefined ? undefined : value.replace(/^(["'])([^]*)\1$/, '$2')
  return { kind: 'jsonpath', path: parseJsonPath(relaxed(expression)), value: clean }
}

/** The expression ends at the last brace, or at the equals sign; what follows is `=value`. */
function splitPath(text: string): { expression: string; value: string | undefined } {
  const plain = text.replace(/^'([^']*)'/, '$1')
  const brace = plain.lastIndexOf('}')
  const end = brace >= 0 ? brace + 1 : plain.includes('=') ? plain.indexOf('=') : plain.length
  const rest = plain.slice(end)
  return { expression: plain.slice(0, end), value: rest.startsWith('=') ? rest.slice(1) : undefined }
}

const relaxed = (text: string): string => (/^\{\.?[^{}]*[[?]/.test(text) ? text : relaxedPath(text))

function* runWait(ctx: Context): Run<void> {
  const { flags, p } = ctx
  const condition = parseCondition(flags.text('for'))
  const given = flags.changed('timeout') ? flags.durationMs('timeout') : 30_000
  const timeoutMs = given < 0 ? WEEK_MS : given
  const deadline = (yield* p.now()) + timeoutMs
  const options: BuildOptions = optionsFromFlags(ctx)
  const infos = yield* existing(ctx, options, condition, deadline)
  if (infos.length === 0 && condition.kind !== 'delete') throw new CommandError('no matching resources found')
  const errors: CommandError[] = []
  for (const info of infos) {
    try {
      yield* waitFor(ctx, info, condition, deadline, timeoutMs)
      yield* p.out(`${singularWithGroup(info.type)}/${info.name} condition met\n`)
    } catch (error) {
      if (!(error instanceof CommandError)) throw error
      errors.push(error)
    }
  }
  throwAll(errors)
}

/** The objects to wait for; with `create`, once they are there. */
function* existing(ctx: Context, options: BuildOptions, condition: Condition, deadline: number): Run<Info[]> {
  const planned = yield* plan(ctx, options)
  if (planned.errors.length > 0) throw new AggregateError(planned.errors)
  for (;;) {
    const { infos, missing } = yield* present(ctx, planned.targets, options)
    if (condition.kind === 'delete') return infos
    if (condition.kind !== 'create' || (missing.length === 0 && infos.length > 0)) {
      throwAll(missing)
      return infos
    }
    const left = deadline - (yield* ctx.p.now())
    if (left <= 0) throw new CommandError('timed out waiting for the condition')
    yield* ctx.p.sleep(Math.min(CREATE_POLL_MS, left))
  }
}

function* present(
  ctx: Context,
  targets: Target[],
  options: BuildOptions,
): Run<{ infos: Info[]; missing: StatusError[] }> {
  const infos: Info[] = []
  const missing: StatusError[] = []
  for (const target of targets) {
    try {
      infos.push(...(yield* fetchTarget(ctx, target, options)))
    } catch (error) {
      if (!(error instanceof StatusError) || !isNotFound(error)) throw error
      missing.push(error)
    }
  }
  return { infos, missing }
}

function met(condition: Condition, object: ApiObject | undefined): boolean {
  if (condition.kind === 'delete') return object === undefined
  if (object === undefined) return false
  if (condition.kind === 'condition') return conditionMet(object, condition)
  if (condition.kind === 'jsonpath') return pathMet(object, condition)
  return true
}

/** A condition counts only once its controller has seen the object's newest generation. */
function conditionMet(object: ApiObject, wanted: { type: string; status: string }): boolean {
  const status = (object.status ?? {}) as {
    observedGeneration?: number
    conditions?: { type?: string; status?: string; observedGeneration?: number }[]
  }
  const generation = object.metadata?.generation as number | undefined
  const found = status.conditions?.find((c) => c.type?.toLowerCase() === wanted.type.toLowerCase())
  if (!found) return false
  const observed = found.observedGeneration ?? status.observedGeneration
  if (generation !== undefined && observed !== undefined && observed < generation) return false
  return found.status?.toLowerCase() === wanted.status.toLowerCase()
}

function pathMet(object: ApiObject, wanted: { path: JsonPath; value: string | undefined }): boolean {
  let values: unknown[]
  try {
    values = findJsonPath(wanted.path, object, true)
  } catch {
    return false
  }
  if (values.length === 0) return false
  if (wanted.value === undefined) return true
  if (values.length > 1) throw new CommandError('given jsonpath expression matches more than one value')
  if (typeof values[0] === 'object' && values[0] !== null)
    throw new CommandError('jsonpath leads to a nested object or list which is not supported')
  return goText(values[0]) === wanted.value
}

function* waitFor(ctx: Context, info: Info, condition: Condition, deadline: number, timeoutMs: number): Run<void> {
  const client = yield* ctx.session.client()
  const failed = timeoutMs === 0 ? 'condition not met for' : 'timed out waiting for the condition on'
  const timedOut = new CommandError(`${failed} ${info.type.resource}/${info.name}`)
  const where = pathOf(info.type, info.namespace)
  let current: ApiObject | undefined = info.object
  for (;;) {
    if (met(condition, current)) return
    if (timeoutMs === 0) throw timedOut
    const stream = yield* client.open('GET', where, {
      query: {
        watch: 'true',
        fieldSelector: `metadata.name=${info.name}`,
        ...(current?.metadata?.resourceVersion ? { resourceVersion: current.metadata.resourceVersion } : {}),
      },
    })
    for (;;) {
      const left = deadline - (yield* ctx.p.now())
      if (left <= 0) {
        yield* stream.close()
        throw timedOut
      }
      const event = yield* nextEvent<ApiObject>(stream, left)
      if (event === null) break
      if (event === 'timeout' || event.type === 'BOOKMARK') continue
      current = afterEvent(info, condition, event.type === 'DELETED', event.object)
      if (met(condition, current)) return yield* stream.close()
    }
    if ((yield* ctx.p.now()) >= deadline) throw timedOut
    current = yield* again(ctx, info)
  }
}

/** What an event leaves: a deletion ends every other wait. */
function afterEvent(info: Info, condition: Condition, deleted: boolean, object: ApiObject): ApiObject | undefined {
  if (!deleted) return object
  if (condition.kind === 'delete') return undefined
  throw new CommandError(`condition not met for ${info.name}`)
}

function* again(ctx: Context, info: Info): Run<ApiObject | undefined> {
  try {
    return yield* (yield* ctx.session.client()).get(pathOf(info.type, info.namespace, info.name))
  } catch (error) {
    if (!isNotFound(error)) throw error
    return undefined
  }
}
