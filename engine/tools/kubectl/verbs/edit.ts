/** `kubectl edit`, and the editor of `apply edit-last-applied` and `create --edit`. Models kubectl/pkg/cmd/util/editor/editoptions.go. Not modelled: `--windows-line-endings`. */
import type { Run } from '../../../host/process.ts'
import { build, optionsFromFlags, type Info } from '../builder.ts'
import { changeText, tellerOf, writeQuery } from '../changes.ts'
import type { ApiObject } from '../client.ts'
import type { Command, Context } from '../command.ts'
import { editText, temporaryFile } from '../editor.ts'
import { CommandError, ExitError, StatusError, throwAll } from '../errors.ts'
import { LAST_APPLIED, lastAppliedText, withLastApplied } from '../last-applied.ts'
import { groupResourceOf, pathOf } from '../mapper.ts'
import { isEmptyPatch, twoWayPatch } from '../patching.ts'
import { hideManagedFields } from '../printers/managed-fields.ts'
import { makeCompactJson, makeJson, makeYaml, parseYamlDocuments } from '../serialize.ts'

export const editCommand: Command = { path: 'edit', complete: 'types', run: runEdit }

const HEADER = `# Please edit the object below. Lines beginning with a '#' will be ignored,
# and an empty file will abort the edit. If an error occurs while saving this file will be
# reopened with the relevant failures.
#
`

const LAST_APPLIED_HEADER = `# Please edit the 'last-applied-configuration' annotations below.
# Lines beginning with a '#' will be ignored, and an empty file will abort the edit.
#
`

/** What is edited, and what becomes of it. */
interface EditMode {
  header: string
  /** Sends one edited object. */
  save(ctx: Context, original: Info, edited: ApiObject): Run<void>
  /** A refusal is told in the file, which is opened again; else it ends the command. */
  reopens: boolean
}

const NORMAL: EditMode = { header: HEADER, save, reopens: true }
const LAST_APPLIED_MODE: EditMode = { header: LAST_APPLIED_HEADER, save: saveLastApplied, reopens: false }
const BEFORE_CREATE: EditMode = { header: HEADER, save: saveNew, reopens: false }

interface Attempt {
  /** Why the last try failed, as comments in the file. */
  reasons: string[]
  /** What was saved last. */
  text: string
  path: string
}

function* runEdit(ctx: Context): Run<number | void> {
  const { infos, errors } = yield* build(ctx, { ...optionsFromFlags(ctx), emptyText: undefined })
  throwAll(errors)
  if (infos.length === 0) throw new CommandError('edit cancelled, no objects found')
  return yield* editAll(ctx, NORMAL, infos)
}

/** `create --edit`: each object by itself, before the server sees it. */
export function* editBeforeCreate(ctx: Context, infos: Info[]): Run<void> {
  for (const info of infos) yield* editAll(ctx, BEFORE_CREATE, [info])
}

const NO_ANNOTATION =
  'no last-applied-configuration annotation found on resources, to create the annotation, use command `kubectl apply set-last-applied --create-annotation`'

/** `apply edit-last-applied`: what the annotations say is edited. */
export function* editLastApplied(ctx: Context): Run<number | void> {
  const { infos, errors } = yield* build(ctx, { ...optionsFromFlags(ctx), emptyText: undefined })
  throwAll(errors)
  const annotated = infos.flatMap((info): Info[] => {
    const text = lastAppliedText(info.object)
    return text === undefined ? [] : [{ ...info, object: JSON.parse(text) as ApiObject }]
  })
  if (annotated.length === 0) throw new CommandError(NO_ANNOTATION)
  return yield* editAll(ctx, LAST_APPLIED_MODE, annotated)
}

function* editAll(ctx: Context, mode: EditMode, infos: Info[]): Run<number | void> {
  const { flags, p } = ctx
  const json = flags.text('output') === 'json'
  const originals = infos.map((info) => ({ ...info, object: shown(ctx, info.object) }))
  const whole = wholeOf(originals.map(({ object }) => object))
  const original = json ? makeJson(whole) : makeYaml(whole)
  let attempt: Attempt = { reasons: [], text: original, path: '' }
  for (;;) {
    const path = yield* temporaryFile(ctx, json ? '.json' : '.yaml')
    const text = yield* editText(ctx, path, (json ? '' : mode.header + reasonsText(attempt.reasons)) + attempt.text)
    if (attempt.reasons.length > 0 && bare(text) === bare(attempt.text)) throw yield* preserved(ctx, path)
    if (bare(text) === bare(original)) return yield* over(ctx, path, 'Edit cancelled, no changes made.\n')
    if (bare(text).trim() === '') {
      attempt = { reasons: yield* emptied(ctx, originals[0]!), text: bare(text), path }
      continue
    }
    const reasons = yield* tryEdit(ctx, mode, originals, text, path)
    if (reasons.length === 0) {
      yield* p.remove(path)
      return
    }
    attempt = { reasons, text: bare(text), path }
  }
}

const shown = (ctx: Context, object: ApiObject): ApiObject =>
  ctx.flags.bool('show-managed-fields') ? object : hideManagedFields(object)

const wholeOf = (objects: ApiObject[]): ApiObject =>
  objects.length === 1 ? objects[0]! : { apiVersion: 'v1', kind: 'List', metadata: {}, items: objects }

const bare = (text: string): string =>
  text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')

const reasonsText = (reasons: string[]): string =>
  reasons.length === 0 ? '' : `${reasons.map((line) => `# ${line}\n`).join('')}#\n`

function* over(ctx: Context, path: string, text: string): Run<void> {
  yield* ctx.p.remove(path)
  yield* ctx.p.err(text)
}

function* preserved(ctx: Context, path: string): Run<CommandError> {
  yield* ctx.p.err(`A copy of your changes has been stored to "${path}"\n`)
  return new CommandError('Edit cancelled, no valid changes were saved.')
}

/** An empty file is no valid object. */
function* emptied({ p }: Context, { type, name }: Info): Run<string[]> {
  const what = `${groupResourceOf(type)} ${JSON.stringify(name)}`
  yield* p.err(`error: ${what} is invalid\n`)
  return [`${what} was not valid:`, '* <nil>: Invalid value: "The edited file failed validation": EOF']
}

/** Sends what was saved; the result is why the file must be opened again. */
function* tryEdit(ctx: Context, mode: EditMode, originals: Info[], text: string, path: string): Run<string[]> {
  let edited: ApiObject[]
  try {
    const document = parseYamlDocuments(bare(text))[0] as ApiObject
    edited = document.kind === 'List' && Array.isArray(document.items) ? (document.items as ApiObject[]) : [document]
  } catch (error) {
    return [`The edited file had a syntax error: ${error instanceof Error ? error.message : ''}`]
  }
  const reasons: string[] = []
  let failed = false
  yield* checkPlaces(ctx, edited, path)
  for (const object of edited) {
    const original =
      originals.find((info) => sameObject(info.object, object)) ?? (mode.reopens ? undefined : originals[0])
    if (!original) return ['The edited file failed validation: at least one of apiVersion, kind and name was changed']
    try {
      yield* mode.save(ctx, original, object)
    } catch (error) {
      if (!(error instanceof CommandError)) throw error
      if (!mode.reopens) {
        yield* ctx.p.err(`A copy of your changes has been stored to "${path}"\n`)
        throw error
      }
      failed = true
      reasons.push(...(yield* told(ctx, original, error)))
    }
  }
  if (failed && reasons.length === 0) {
    yield* ctx.p.err(`A copy of your changes has been stored to "${path}"\n`)
    throw new ExitError(1)
  }
  return reasons
}

/** An object stays in its namespace, and has a name. */
function* checkPlaces(ctx: Context, edited: ApiObject[], path: string): Run<void> {
  const { namespace } = yield* ctx.session.namespace()
  for (const { metadata = {} } of edited) {
    const own = metadata?.namespace
    const problem = !metadata?.name
      ? 'resource name may not be empty'
      : own && own !== namespace
        ? `the namespace from the provided object "${own}" does not match the namespace "${namespace}". You must pass '--namespace=${own}' to perform this operation.`
        : undefined
    if (problem === undefined) continue
    yield* ctx.p.err(`A copy of your changes has been stored to "${path}"\n`)
    throw new CommandError(problem)
  }
}

const sameObject = (a: ApiObject, b: ApiObject): boolean =>
  a.apiVersion === b.apiVersion &&
  a.kind === b.kind &&
  a.metadata?.name === b.metadata?.name &&
  a.metadata?.namespace === b.metadata?.namespace

function* save(ctx: Context, original: Info, edited: ApiObject): Run<void> {
  const { flags, p, session } = ctx
  const saved = flags.bool('save-config') ? withLastApplied(edited) : edited
  const patch = twoWayPatch(original.type, original.object, saved)
  if (isEmptyPatch(patch)) return yield* p.out(`${changeText(original.object, 'skipped')}\n`)
  if (flags.bool('output-patch')) yield* p.out(`Patch: ${JSON.stringify(patch.body)}\n`)
  const client = yield* session.client()
  const path = pathOf(original.type, original.namespace, original.name, flags.text('subresource'))
  const answer = yield* client.patch(path, patch.type, patch.body, writeQuery(ctx, 'none'))
  yield* (yield* tellerOf(ctx))(answer, 'edited')
}

function* saveLastApplied(ctx: Context, original: Info, edited: ApiObject): Run<void> {
  const { p, session } = ctx
  const [before, after] = [makeCompactJson(original.object), makeCompactJson(edited)]
  if (before === after) return yield* p.out(`${changeText(original.object, 'skipped')}\n`)
  const client = yield* session.client()
  const body = { metadata: { annotations: { [LAST_APPLIED]: `${after}\n` } } }
  const path = pathOf(original.type, original.namespace, original.name)
  yield* client.patch(path, 'merge', body, writeQuery(ctx, 'none'))
  yield* (yield* tellerOf(ctx))(edited, 'edited')
}

function* saveNew(ctx: Context, { type, namespace }: Info, edited: ApiObject): Run<void> {
  const object = ctx.flags.bool('save-config') ? withLastApplied(edited) : edited
  const client = yield* ctx.session.client()
  const answer = yield* client.create(pathOf(type, namespace), object, writeQuery(ctx, 'none'))
  yield* (yield* tellerOf(ctx))(answer, 'created')
}

/** Tells the failure; the result is the comments for the next try, empty when there is none. */
function* told(ctx: Context, { type, name }: Info, error: CommandError): Run<string[]> {
  const what = `${groupResourceOf(type)} "${name}"`
  const reason = error instanceof StatusError ? error.reason : ''
  if (error instanceof StatusError && reason === 'Invalid') {
    yield* ctx.p.err(`error: ${what} is invalid\n`)
    const causes = (error.status.details?.causes ?? []).map(
      ({ field, message }) => `* ${field ? `${field}: ` : ''}${message ?? ''}`,
    )
    return [`${what} was not valid:`, ...(causes.length > 0 ? causes : [`* ${error.message}`])]
  }
  if (reason === 'NotFound') {
    yield* ctx.p.err(`error: ${what} could not be found on the server\n`)
    return []
  }
  yield* ctx.p.err(`error: ${what} could not be patched: ${error.message}\n`)
  return []
}
