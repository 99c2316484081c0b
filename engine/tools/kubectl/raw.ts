/** `--raw URI` of create, replace and delete: the file's text to that path, the answer's text to stdout. */
import type { Run } from '../../host/process.ts'
import type { Method } from './client.ts'
import type { Context } from './command.ts'
import { CommandError } from './errors.ts'

/** The one file of `-f`, as it is. */
export function* rawBody(ctx: Context): Run<unknown> {
  const [path, ...more] = ctx.flags.list('filename')
  if (path === undefined || more.length > 0) throw new CommandError('--raw can only use a single local file or stdin')
  const text = path === '-' ? yield* ctx.p.readAll() : yield* fileText(ctx, path)
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

function* fileText(ctx: Context, path: string): Run<string> {
  const file = yield* ctx.p.readFile(path)
  if ('text' in file) return file.text
  throw new CommandError(`open ${path}: no such file or directory`)
}

export function* writeRaw(ctx: Context, method: Method, uri: string, body?: unknown): Run<void> {
  const [path = '', search = ''] = uri.split('?', 2)
  const query = Object.fromEntries(
    search
      .split('&')
      .filter(Boolean)
      .map((pair) => pair.split('=', 2).map(decodeURIComponent) as [string, string]),
  )
  const client = yield* ctx.session.client()
  const answer = yield* client.request<unknown>(method, path, { query, ...(body === undefined ? {} : { body }) })
  yield* ctx.p.out(typeof answer === 'string' ? answer : `${JSON.stringify(answer)}\n`)
}
