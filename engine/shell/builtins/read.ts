/** read and mapfile. */
import type { Run } from '../../host/process.ts'
import { splitFields } from '../expand.ts'
import type { Shell } from '../shell.ts'
import { takeSignals } from '../traps.ts'
import { getValue, setArray, setValue } from '../variables.ts'
import type { Builtin } from './builtin.ts'

interface ReadOptions {
  raw: boolean
  prompt?: string
  array?: string
  delimiter?: string
  count?: number
  timeoutMs?: number
  fd: number
  names: string[]
}

function parseRead(words: string[]): ReadOptions {
  const options: ReadOptions = { raw: false, fd: 0, names: [] }
  let at = 1
  for (; at < words.length && /^-[a-zA-Z]/.test(words[at] ?? ''); at++) {
    const word = words[at] ?? ''
    for (let index = 1; index < word.length; index++) {
      const letter = word.charAt(index)
      if (letter === 'r') options.raw = true
      if (!'padntuN'.includes(letter)) continue
      const value = word.slice(index + 1) || (words[++at] ?? '')
      if (letter === 'p') options.prompt = value
      else if (letter === 'a') options.array = value
      else if (letter === 'd') options.delimiter = value
      else if (letter === 'n' || letter === 'N') options.count = Number(value)
      else if (letter === 't') options.timeoutMs = Number(value) * 1000
      else options.fd = Number(value)
      break
    }
  }
  options.names = words.slice(at)
  return options
}

interface Line {
  text: string
  ended: boolean
  timedOut?: boolean
}

function* readRecord(sh: Shell, options: ReadOptions): Run<Line> {
  let text = ''
  for (;;) {
    const piece = (yield* sh.p.ask('readLine', {
      fd: options.fd,
      ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
    })) as string | null | { timeout: true }
    if (piece === null) {
      yield* takeSignals(sh)
      return { text, ended: true }
    }
    if (typeof piece !== 'string') return { text, ended: true, timedOut: true }
    text += piece
    if (options.count !== undefined && text.length >= options.count)
      return { text: text.slice(0, options.count), ended: false }
    if (options.delimiter !== undefined && options.delimiter !== '\n') {
      const end = options.delimiter === '' ? -1 : text.indexOf(options.delimiter)
      if (end >= 0) return { text: text.slice(0, end), ended: false }
      continue
    }
    if (!text.endsWith('\n')) return { text, ended: true }
    text = text.slice(0, -1)
    if (options.raw || !/(^|[^\\])(\\\\)*\\$/.test(text)) return { text, ended: false }
    text = text.slice(0, -1)
  }
}

const read: Builtin = function* (sh, words) {
  const options = parseRead(words)
  if (options.prompt !== undefined && (yield* sh.p.isTty(options.fd))) yield* sh.p.err(options.prompt)
  const line = yield* readRecord(sh, options)
  const text = options.raw ? line.text : line.text.replace(/\\([\s\S])/g, '$1')
  yield* share(sh, options, text)
  if (line.timedOut === true) return 142
  return line.ended ? 1 : 0
}

/** Gives the fields of a line to the names; the last takes the rest. */
function* share(sh: Shell, options: ReadOptions, text: string): Run<void> {
  const ifs = getValue(sh.state, 'IFS') ?? ' \t\n'
  const fields = (part: string): string[] =>
    splitFields([{ text: part, mode: 'split' }], ifs).map((field) => field.map((piece) => piece.text).join(''))
  if (options.array !== undefined) return setArray(sh.state, options.array, fields(text))
  if (options.names.length === 0) return setValue(sh.state, 'REPLY', text)
  const blanks = [...ifs].filter((character) => ' \t\n'.includes(character)).join('')
  let rest = trim(text, blanks)
  for (const [index, name] of options.names.entries()) {
    if (index === options.names.length - 1) {
      const last = fields(rest)
      setValue(sh.state, name, last.length <= 1 ? (last[0] ?? '') : rest)
      return
    }
    let end = [...rest].findIndex((character) => ifs.includes(character))
    if (end < 0) end = rest.length
    setValue(sh.state, name, rest.slice(0, end))
    rest = trim(rest.slice(end), blanks)
    if (rest !== '' && ifs.includes(rest.charAt(0)) && !blanks.includes(rest.charAt(0)))
      rest = trim(rest.slice(1), blanks)
  }
}

function trim(text: string, blanks: string): string {
  let from = 0
  let to = text.length
  while (from < to && blanks.includes(text.charAt(from))) from++
  while (to > from && blanks.includes(text.charAt(to - 1))) to--
  return text.slice(from, to)
}

const mapfile: Builtin = function* (sh, words) {
  const strip = words.includes('-t')
  const name = words.slice(1).find((word) => !word.startsWith('-')) ?? 'MAPFILE'
  const text = yield* sh.p.readAll()
  const lines = text === '' ? [] : text.split(/(?<=\n)/)
  setArray(sh.state, name, strip ? lines.map((line) => line.replace(/\n$/, '')) : lines)
  return 0
}

export const readBuiltins: Record<string, Builtin> = { read, mapfile, readarray: mapfile }
