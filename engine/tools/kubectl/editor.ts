/** Opens a person's editor on a file. Models kubectl/pkg/cmd/util/editor. */
import type { Run } from '../../host/process.ts'
import type { Context } from './command.ts'
import { CommandError } from './errors.ts'

/** A name for a temporary file, as Go makes it. */
export function* temporaryFile(ctx: Context, suffix: string): Run<string> {
  return `/tmp/kubectl-edit-${Math.floor((yield* ctx.p.random()) * 4294967296)}${suffix}`
}

/** Lets the person change the text; the result is what was saved. The file stays. */
export function* editText(ctx: Context, path: string, text: string): Run<string> {
  const { p } = ctx
  yield* p.writeFile(path, text, { mode: 0o600 })
  const command = p.env.KUBE_EDITOR || p.env.EDITOR || 'vi'
  if (!(yield* inPage(ctx, command, path))) yield* launched(ctx, command, path)
  const saved = yield* p.readFile(path)
  return 'text' in saved ? saved.text : ''
}

/** vi and nano may be the page's own editor. */
function* inPage(ctx: Context, command: string, path: string): Run<boolean> {
  const name = command.split('/').at(-1)
  const kind = name === 'nano' ? 'nano' : name === 'vi' || name === 'vim' ? 'vi' : undefined
  if (kind === undefined) return false
  const answer = yield* ctx.p.edit(path, kind)
  return !answer || !('error' in answer)
}

/** A command with quotes goes through a shell; one with spaces is split. */
function* launched(ctx: Context, command: string, path: string): Run<void> {
  const { p } = ctx
  const quoted = /["'\\]/.test(command)
  const argv = quoted ? ['/bin/bash', '-c', `${command} "${path}"`] : [...command.split(' ').filter(Boolean), path]
  const child = yield* p.spawn({ argv })
  if ('error' in child) throw new CommandError(`unable to launch the editor ${JSON.stringify(command)}`)
  const code = yield* p.wait(child.pid)
  if (code !== 0) throw new CommandError(`there was a problem with the editor ${JSON.stringify(command)}`)
}
