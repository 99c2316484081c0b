/** vi, vim and nano open in the web page; less and more print through; man is not there. */
import type { Proc, Program, Run } from '../process.ts'
import { errnoText } from './text.ts'

function editor(kind: 'vi' | 'nano'): Program {
  return function* (argv, p) {
    const name = (argv[0] ?? kind).split('/').at(-1) ?? kind
    const path = argv.slice(1).find((word) => !/^[-+]/.test(word))
    if (path === undefined) return yield* refuse(p, `not simulated: ${name} without a file\n`)
    const stat = yield* p.stat(path)
    if (!('error' in stat) && stat.kind === 'directory')
      return yield* refuse(p, kind === 'vi' ? `"${path}" is a directory\n` : `${path} is a directory\n`)
    const answer = yield* p.edit(path, kind)
    return 'error' in answer ? yield* refuse(p, `not simulated: ${name} needs the web terminal\n`) : 0
  }
}

function* refuse(p: Proc, text: string): Run<number> {
  yield* p.err(text)
  return 1
}

/** A pager in whose place the terminal itself scrolls. */
const pager: Program = function* (argv, p) {
  const paths = argv.slice(1).filter((word) => !/^[-+]/.test(word))
  if (paths.length === 0) {
    for (;;) {
      const text = yield* p.read()
      if (text === null) return 0
      yield* p.out(text)
    }
  }
  let code = 0
  for (const path of paths) {
    const file = yield* p.readFile(path)
    if ('text' in file) yield* p.out(file.text)
    else code = yield* refuse(p, file.error === 'EISDIR' ? `${path} is a directory\n` : `${path}: ${errnoText(file)}\n`)
  }
  return code
}

const man: Program = function* (argv, p) {
  const topic = argv.slice(1).find((word) => !word.startsWith('-'))
  return yield* refuse(
    p,
    topic === undefined
      ? "What manual page do you want?\nFor example, try 'man man'.\n"
      : `not simulated: man ${topic} (there are no manual pages; try ${topic} --help)\n`,
  )
}

export const editorPrograms = {
  vi: editor('vi'),
  vim: editor('vi'),
  nano: editor('nano'),
  less: pager,
  more: pager,
  man,
}
