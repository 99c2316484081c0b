/** systemctl edit: a drop-in or a full copy through the editor, and daemon-reload after it (Q1). */
import type { Proc, Run } from '../../process.ts'
import { has, valueOf } from '../options.ts'
import { fail, statusOf } from './common.ts'
import type { Verb } from './common.ts'

const CONFIGURED = '/etc/systemd/system'

export const edit: Verb = function* ({ p, units, options }) {
  if (p.user !== 'root') return yield* fail(p, 'Failed to edit unit: Interactive authentication required.\n')
  if (!(yield* p.isTty(1))) return yield* fail(p, 'Cannot edit units if not on a tty.\n')
  for (const unit of units) {
    const { definition } = yield* statusOf(p, unit)
    if (definition.path === '' && !has(options, 'force'))
      return yield* fail(
        p,
        `No files found for ${unit}.\nRun 'systemctl edit --force --full ${unit}' to create a new unit.\n`,
      )
    const full = has(options, 'full')
    const name = (valueOf(options, 'drop-in') ?? 'override').replace(/\.conf$/, '')
    const path = full ? `${CONFIGURED}/${unit}` : `${CONFIGURED}/${unit}.d/${name}.conf`
    const original = definition.sources.map(({ path: at, text }) => ({ at, text }))
    const code = full ? yield* editFull(p, path, original[0]?.text ?? '') : yield* editDropIn(p, path, original)
    if (code !== 0) return code
  }
  yield* p.ask('unit.daemonReload')
  return 0
}

const MARK_END = '### Edits below this comment will be discarded'

function* editDropIn(p: Proc, path: string, sources: readonly { at: string; text: string }[]): Run<number> {
  const there = yield* p.readFile(path)
  const before = 'text' in there ? there.text : ''
  const shown = sources
    .filter(({ at }) => at !== path)
    .map(({ at, text }) => `\n\n### ${at}\n${text.replace(/^/gm, '# ')}`)
    .join('')
  const draft = `### Editing ${path}\n### Anything between here and the comment below will become the contents of the drop-in file\n\n${before}\n\n${MARK_END}${shown}\n`
  const edited = yield* throughEditor(p, path, draft)
  if (edited === undefined) return 1
  const text = edited
    .split(MARK_END)[0]
    ?.split('\n')
    .filter((line) => !line.startsWith('### '))
    .join('\n')
    .trim()
  return yield* install(p, path, text === undefined || text === '' ? '' : `${text}\n`)
}

function* editFull(p: Proc, path: string, text: string): Run<number> {
  const there = yield* p.readFile(path)
  const edited = yield* throughEditor(p, path, 'text' in there ? there.text : text)
  return edited === undefined ? 1 : yield* install(p, path, edited)
}

function* install(p: Proc, path: string, text: string): Run<number> {
  if (text.trim() === '') {
    yield* p.err(`${path}: after editing, new contents are empty, not writing file.\n`)
    return 0
  }
  yield* p.mkdir(path.slice(0, path.lastIndexOf('/')), { parents: true })
  const done = yield* p.writeFile(path, text)
  if ('error' in done) return yield* fail(p, `Failed to write '${path}': ${done.error}\n`)
  yield* p.err(`Successfully installed edited file '${path}'.\n`)
  return 0
}

/** What the person made of a draft; undefined: the editing came to nothing. */
function* throughEditor(p: Proc, path: string, draft: string): Run<string | undefined> {
  const folder = path.slice(0, path.lastIndexOf('/'))
  const file = `${folder}/.#${path.slice(folder.length + 1)}4242`
  yield* p.mkdir(folder, { parents: true })
  yield* p.writeFile(file, draft)
  const editor = p.env.SYSTEMD_EDITOR ?? p.env.EDITOR ?? p.env.VISUAL ?? 'nano'
  const kind = /(^|\/)(vi|vim|nano)( |$)/.exec(editor)?.[2]
  let failed = false
  if (kind !== undefined) {
    const answer = yield* p.edit(file, kind === 'nano' ? 'nano' : 'vi')
    failed = 'error' in answer
    if (failed) yield* p.err(`not simulated: ${kind} needs the web terminal\n`)
  } else {
    const started = yield* p.spawn({ argv: ['sh', '-c', `${editor} "$@"`, editor, file] })
    failed = 'error' in started || (yield* p.wait(started.pid)) !== 0
    if (failed) yield* p.err(`Editor ${editor} failed.\n`)
  }
  const read = yield* p.readFile(file)
  yield* p.remove(file)
  return failed || !('text' in read) ? undefined : read.text
}
