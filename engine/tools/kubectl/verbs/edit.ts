/** `kubectl edit`. Models kubectl/pkg/cmd/util/editor/editoptions.go. Not modelled: `--windows-line-endings`. */
import type { Run } from '../../../host/process.ts'
import { build, optionsFromFlags, type Info } from '../builder.ts'
import { changeText, tellerOf, writeQuery } from '../changes.ts'
import type { ApiObject } from '../client.ts'
import type { Command, Context } from '../command.ts'
import { editText, temporaryFile } from '../editor.ts'
import { CommandError, ExitError, StatusError, throwAll } from '../errors.ts'
import { withLastApplied } from '../last-applied.ts'
import { groupResourceOf, pathOf } from '../mapper.ts'
import { isEmptyPatch, twoWayPatch } from '../patching.ts'
import { hideManagedFields } from '../printers/managed-fields.ts'
import { makeJson, makeYaml, parseYamlDocuments } from '../serialize.ts'

export const editCommand: Command = { path: 'edit', complete: 'types', run: runEdit }

const HEADER = `# Please edit the object below. Lines beginning with a '#' will be ignored,
# and an empty file will abort the edit. If an error occurs while saving this file will be
# reopened with the relevant failures.
#
`

interface Attempt {
  /** Why the last try failed, as comments in the file. */
  reasons: string[]
  /** What was saved last. */
  text: string
  path: string
}

function* runEdit(ctx: Context): Run<number | void> {
  const { flags, p } = ctx
  const json = flags.text('output') === 'json'
  const { infos, errors } = yield* build(ctx, { ...optionsFromFlags(ctx), emptyText: undefined })
  throwAll(errors)
  if (infos.length === 0) return
  const originals = infos.map((info) => ({ ...info, object: shown(ctx, info.object) }))
  const whole = wholeOf(originals.map(({ object }) => object))
  const original = json ? makeJson(whole) : makeYaml(whole)
  let attempt: Attempt = { reasons: [], text: original, path: '' }
  for (;;) {
    const path = yield* temporaryFile(ctx, json ? '.json' : '.yaml')
    const text = yield* editText(ctx, path, (json ? '' : HEADER + reasonsText(attempt.reasons)) + attempt.text)
    if (attempt.reasons.length > 0 && bare(text) === bare(attempt.text)) throw yield* preserved(ctx, path)
    if (bare(text) === bare(original)) return yield* over(ctx, path, 'Edit cancelled, no changes made.\n')
    if (bare(text).trim() === '') return yield* over(ctx, path, 'Edit cancelled, saved file was empty.\n')
    const reasons = yield* tryEdit(ctx, originals, text, path)
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

/** Sends what was saved; the result is why the file must be opened again. */
function* tryEdit(ctx: Context, originals: Info[], text: string, path: string): Run<string[]> {
  let edited: ApiObject[]
  try {
    const document = parseYamlDocuments(bare(text))[0] as ApiObject
    edited = document.kind === 'List' && Array.isArray(document.items) ? (document.items as ApiObject[]) : [document]
  } catch (error) {
    return [`The edited file had a syntax error: ${error instanceof Error ? error.message : ''}`]
  }
  const reasons: string[] = []
  let failed = false
  for (const object of edited) {
    const original = originals.find((info) => sameObject(info.object, object))
    if (!original) return ['The edited file failed validation: at least one of apiVersion, kind and name was changed']
    try {
      yield* save(ctx, original, object)
    } catch (error) {
      if (!(error instanceof CommandError)) throw error
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
