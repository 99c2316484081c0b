/** jq. Models jq 1.6's command line and messages. Not modelled: -C (colours), --stream-errors, modules (-L). */
import type { Program, Proc, Run } from '../../host/process.ts'
import { errnoText } from '../redirect.ts'
import { checkNames } from '../jq/check.ts'
import { Runner } from '../jq/evaluate.ts'
import { JsonError, parseNext } from '../jq/json.ts'
import { parseProgram, SyntaxFailure } from '../jq/parse.ts'
import type { Node } from '../jq/parse.ts'
import { BUILTINS } from '../jq/builtins.ts'
import { JqError, isTrue, printed } from '../jq/values.ts'
import type { Value, ValueMap } from '../jq/values.ts'
import { Halt, Undefined } from '../jq/world.ts'
import type { World } from '../jq/world.ts'

interface Options {
  filter?: string
  files: string[]
  letters: Set<string>
  indent: string | undefined
  named: ValueMap
  positional: Value[]
}

class Refused extends Error {
  constructor(
    message: string,
    readonly code = 2,
  ) {
    super(message)
  }
}

const HELP =
  'Use jq --help for help with command-line options,\nor see the jq manpage, or online docs  at https://stedolan.github.io/jq\n'
const LONG: Record<string, string> = {
  'null-input': 'n',
  'raw-output': 'r',
  'join-output': 'j',
  'ascii-output': 'a',
  'compact-output': 'c',
  slurp: 's',
  'exit-status': 'e',
  'sort-keys': 'S',
  'color-output': 'C',
  'monochrome-output': 'M',
  'raw-input': 'R',
  'from-file': 'f',
  help: 'h',
  version: 'V',
  tab: 'T',
  stream: 'stream',
  seq: 'seq',
  unbuffered: 'unbuffered',
}
const LETTERS = 'nrjacseSCMRfhV'

function* readOptions(p: Proc, argv: readonly string[]): Run<Options> {
  const options: Options = { files: [], letters: new Set(), indent: '  ', named: new Map(), positional: [] }
  let rest: 'files' | 'args' | 'jsonargs' = 'files'
  let ended = false
  const words = argv.slice(1)
  const want = (name: string, count: number): string[] => {
    const taken = words.splice(0, count)
    if (taken.length < count)
      throw new Refused(
        `jq: --${name} takes ${count === 1 ? 'one parameter' : `two parameters`} (e.g. --${name} ${count === 1 ? 'n' : 'varname value'})\n${HELP}`,
      )
    return taken
  }
  for (let word = words.shift(); word !== undefined; word = words.shift()) {
    if (ended || !/^-(-?[a-zA-Z]|-$)/.test(word)) {
      if (options.filter === undefined) options.filter = word
      else if (rest === 'files') options.files.push(word)
      else options.positional.push(rest === 'args' ? word : jsonOf(word, 'jq: invalid JSON text passed to --jsonargs'))
    } else if (word === '--') ended = true
    else if (word.startsWith('--')) {
      const name = word.slice(2)
      if (name === 'args' || name === 'jsonargs') rest = name
      else if (name === 'indent') options.indent = ' '.repeat(Number(want(name, 1)[0]))
      else if (['arg', 'argjson', 'slurpfile', 'rawfile'].includes(name)) {
        const [key = '', text = ''] = want(name, 2)
        options.named.set(key, yield* namedValue(p, name, key, text))
      } else if (LONG[name] === undefined) throw new Refused(`jq: Unknown option ${word}\n${HELP}`)
      else options.letters.add(LONG[name])
    } else {
      const unknown = [...word.slice(1)].find((letter) => !LETTERS.includes(letter))
      if (unknown !== undefined) throw new Refused(`jq: Unknown option ${word}\n${HELP}`)
      for (const letter of word.slice(1)) options.letters.add(letter)
    }
  }
  return settled(options)
}

function settled(options: Options): Options {
  const { letters } = options
  if (letters.has('C')) throw new Refused('jq: not simulated: -C\n')
  if (letters.has('T')) options.indent = '\t'
  if (letters.has('c') || options.indent === '') options.indent = undefined
  if (letters.has('j')) letters.add('r')
  return options
}

function jsonOf(text: string, message: string): Value {
  try {
    const found = parseNext(text, 0)
    if (found === undefined || parseNext(text, found.next) !== undefined) throw new JsonError('')
    return found.value
  } catch (error) {
    if (error instanceof JsonError) throw new Refused(`${message}\n${HELP}`)
    throw error
  }
}

function* namedValue(p: Proc, kind: string, name: string, text: string): Run<Value> {
  if (kind === 'arg') return text
  if (kind === 'argjson') return jsonOf(text, `jq: invalid JSON text passed to --argjson`)
  const file = yield* p.readFile(text)
  if ('error' in file)
    throw new Refused(`jq: Bad JSON in --${kind} ${name} ${text}: Could not open ${text}: ${errnoText(file.error)}\n`)
  if (kind === 'rawfile') return file.text
  const values: Value[] = []
  try {
    for (let found = parseNext(file.text, 0); found !== undefined; found = parseNext(file.text, found.next))
      values.push(found.value)
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    throw new Refused(`jq: Bad JSON in --${kind} ${name} ${text}: ${error.message}\n`)
  }
  return values
}

/** The values of the inputs, one at a time, with the line that was read last. */
class Inputs {
  private at = 0
  private file = 0
  private done = false
  /** What could not be read, to be told at the end. */
  broken: JsonError | undefined

  constructor(
    private readonly texts: readonly { name: string | null; text: string }[],
    private readonly letters: ReadonlySet<string>,
  ) {}

  private get text(): string {
    return this.texts[this.file]?.text ?? ''
  }

  get name(): string | null {
    return this.texts[this.file]?.name ?? this.texts.at(-1)?.name ?? null
  }

  /** Newlines read so far: jq reads whole lines. */
  get line(): number {
    const rest = this.text.indexOf('\n', Math.max(0, this.at - 1))
    return this.text.slice(0, rest < 0 ? this.text.length : rest + 1).split('\n').length - 1
  }

  next(): Value | undefined {
    if (this.broken !== undefined || this.done) return undefined
    if (this.letters.has('s')) {
      this.done = true
      return this.slurped()
    }
    return this.one()
  }

  private one(): Value | undefined {
    for (; this.file < this.texts.length; this.nextFile()) {
      const found = this.letters.has('R') ? this.rawLine() : this.parsed()
      if (found !== undefined || this.broken !== undefined) return found
      if (this.file === this.texts.length - 1) break
    }
    this.at = this.text.length
    return undefined
  }

  private nextFile(): void {
    this.file++
    this.at = 0
  }

  private parsed(): Value | undefined {
    try {
      const found = parseNext(this.text, this.at)
      if (found !== undefined) this.at = found.next
      return found?.value
    } catch (error) {
      if (!(error instanceof JsonError)) throw error
      this.broken = error
      return undefined
    }
  }

  private rawLine(): Value | undefined {
    if (this.at >= this.text.length) return undefined
    const end = this.text.indexOf('\n', this.at)
    const line = this.text.slice(this.at, end < 0 ? undefined : end)
    this.at = end < 0 ? this.text.length : end + 1
    return line
  }

  private slurped(): Value | undefined {
    if (this.letters.has('R')) return this.texts.map(({ text }) => text).join('')
    const all: Value[] = []
    for (let value = this.one(); value !== undefined; value = this.one()) all.push(value)
    return this.broken === undefined ? all : undefined
  }
}

function compiled(filter: string, named: ValueMap): Node {
  try {
    const program = parseProgram(filter)
    checkNames(program, named.keys())
    return program
  } catch (error) {
    if (!(error instanceof SyntaxFailure) && !(error instanceof Undefined)) throw error
    throw new Refused(compileText(filter, error), 3)
  }
}

function compileText(filter: string, error: SyntaxFailure | Undefined): string {
  const hint = error instanceof SyntaxFailure ? ' (Unix shell quoting issues?)' : ''
  const line = filter.slice(0, error.at).split('\n').length
  const text = filter.split('\n')[line - 1] ?? ''
  const column = error.at - (filter.slice(0, error.at).lastIndexOf('\n') + 1)
  return `jq: error: ${error.message}${hint} at <top-level>, line ${line}:\n${text}${' '.repeat(column)}\njq: 1 compile error\n`
}

function* texts(
  p: Proc,
  files: readonly string[],
  letters: ReadonlySet<string>,
): Run<{ all: { name: string | null; text: string }[]; missing: string }> {
  if (files.length === 0)
    return {
      all: letters.has('n') && (yield* p.isTty(0)) ? [] : [{ name: null, text: yield* p.readAll() }],
      missing: '',
    }
  const all: { name: string | null; text: string }[] = []
  let missing = ''
  for (const name of files) {
    const file = name === '-' ? { text: yield* p.readAll() } : yield* p.readFile(name)
    if ('error' in file) missing += `jq: error: Could not open file ${name}: ${errnoText(file.error)}\n`
    else all.push({ name, text: file.text })
  }
  return { all, missing }
}

const jq: Program = function* (argv, p) {
  try {
    return yield* runJq(p, argv)
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    yield* p.err(error.message)
    return error.code
  }
}

const USAGE =
  'Usage:\tjq [OPTIONS] FILTER [FILES...]\n\tjq [OPTIONS] --args FILTER [ARGUMENTS...]\n\tjq [OPTIONS] --jsonargs FILTER [JSON_VALUES...]\n'

function* runJq(p: Proc, argv: readonly string[]): Run<number> {
  const options = yield* readOptions(p, argv)
  const { letters } = options
  if (letters.has('V')) {
    yield* p.out('jq-1.6\n')
    return 0
  }
  if (letters.has('f') && options.filter !== undefined) {
    const file = yield* p.readFile(options.filter)
    if ('error' in file) throw new Refused(`jq: error: Could not open ${options.filter}: ${errnoText(file.error)}\n`)
    options.filter = file.text
  }
  if (letters.has('h')) {
    yield* p.out(USAGE)
    return 0
  }
  if (options.filter === undefined && (yield* p.isTty(0))) throw new Refused(USAGE)
  const program = compiled(options.filter ?? '.', options.named)
  const { all, missing } = yield* texts(p, options.files, letters)
  const state = yield* runProgram(p, program, options, new Inputs(all, letters))
  yield* p.err(missing)
  return missing !== '' && state === 0 ? 2 : state
}

interface Outcome {
  out: string
  err: string
  code: number
  /** The last value that came out, for -e. */
  last?: Value
  ended: boolean
}

function* runProgram(p: Proc, program: Node, options: Options, inputs: Inputs): Run<number> {
  const { letters, named, positional } = options
  const outcome: Outcome = { out: '', err: '', code: 0, ended: false }
  const world: World = {
    nowMs: yield* p.now(),
    env: p.env,
    input: () => inputs.next(),
    debug: (text) => void (outcome.err += text),
    line: () => inputs.line,
    fileName: () => inputs.name,
    named,
    positional,
  }
  const runner = new Runner(world)
  if (letters.has('n')) runOne(runner, program, null, options, inputs, outcome)
  else
    for (let value = inputs.next(); value !== undefined && !outcome.ended; value = inputs.next()) {
      const streamed = letters.has('stream') ? [...(BUILTINS['tostream/0']?.(value, [], world) ?? [])] : [value]
      for (const each of streamed) if (!outcome.ended) runOne(runner, program, each, options, inputs, outcome)
    }
  if (inputs.broken !== undefined) {
    outcome.err += letters.has('n') ? '' : `parse error: ${inputs.broken.message}\n`
    outcome.code = 2
  }
  yield* p.out(outcome.out)
  yield* p.err(outcome.err)
  if (!letters.has('e') || outcome.code !== 0 || outcome.ended) return outcome.code
  return outcome.last === undefined ? 4 : isTrue(outcome.last) ? 0 : 1
}

function runOne(runner: Runner, program: Node, input: Value, options: Options, inputs: Inputs, outcome: Outcome): void {
  try {
    for (const value of runner.run(program, input)) {
      outcome.out += shownValue(value, options)
      outcome.last = value
    }
  } catch (error) {
    if (error instanceof Halt) halted(error, outcome)
    else if (error instanceof JqError) failed(error, options, inputs, outcome)
    else throw error
  }
}

function shownValue(value: Value, { letters, indent }: Options): string {
  const raw = letters.has('r') && typeof value === 'string'
  const print = { sort: letters.has('S'), ascii: letters.has('a'), ...(indent !== undefined && { indent }) }
  return (letters.has('seq') ? '\x1e' : '') + (raw ? value : printed(value, print)) + (letters.has('j') ? '' : '\n')
}

function halted({ code, value }: Halt, outcome: Outcome): void {
  outcome.ended = true
  outcome.code = code
  if (value !== undefined) outcome.err += typeof value === 'string' ? value : `${printed(value)}\n`
}

function failed({ value }: JqError, { letters }: Options, inputs: Inputs, outcome: Outcome): void {
  outcome.code = 5
  const where = letters.has('n') ? '<unknown>' : `${inputs.name ?? '<stdin>'}:${inputs.line}`
  if (value === null) outcome.code = 0
  else if (typeof value === 'string') outcome.err += `jq: error (at ${where}): ${value}\n`
  else outcome.err += `jq: error (at ${where}) (not a string): ${printed(value)}\n`
}

export const jqPrograms: Record<string, Program> = { jq }
