/**
 * sed. Models GNU sed 4.9: options, scripts, in-place editing by a new file. Not modelled: --posix, --debug, the e
 * command, and --follow-symlinks, which are refused.
 */
import type { Errno, Proc, Program, Run } from '../../host/process.ts'
import { errnoText } from '../redirect.ts'
import { SedInput } from '../sed/input.ts'
import { SedOutput } from '../sed/output.ts'
import { SedRunner } from '../sed/run.ts'
import { parseScript, ScriptMistake } from '../sed/script.ts'
import type { Command, Fragment } from '../sed/script.ts'

interface Options {
  fragments: Fragment[]
  files: string[]
  quiet: boolean
  extended: boolean
  separate: boolean
  nulls: boolean
  wrapAt: number
  /** The suffix of backups, which may be none: sed -i. */
  inPlace?: string
}

const LONG: Record<string, string> = { quiet: 'n', silent: 'n', expression: 'e', file: 'f', 'in-place': 'i', 'line-length': 'l', 'regexp-extended': 'E', separate: 's', unbuffered: 'u', 'null-data': 'z', binary: 'b', sandbox: 'b' } // prettier-ignore
const REFUSED = ['--posix', '--debug', '--follow-symlinks']

const HELP = `Usage: sed [OPTION]... {script-only-if-no-other-script} [input-file]...

  -n, --quiet, --silent
                 suppress automatic printing of pattern space
      --debug
                 annotate program execution
  -e script, --expression=script
                 add the script to the commands to be executed
  -f script-file, --file=script-file
                 add the contents of script-file to the commands to be executed
  --follow-symlinks
                 follow symlinks when processing in place
  -i[SUFFIX], --in-place[=SUFFIX]
                 edit files in place (makes backup if SUFFIX supplied)
  -l N, --line-length=N
                 specify the desired line-wrap length for the \`l' command
  --posix
                 disable all GNU extensions.
  -E, -r, --regexp-extended
                 use extended regular expressions in the script
                 (for portability use POSIX -E).
  -s, --separate
                 consider files as separate rather than as a single,
                 continuous long stream.
      --sandbox
                 operate in sandbox mode (disable e/r/w commands).
  -u, --unbuffered
                 load minimal amounts of data from the input files and flush
                 the output buffers more often
  -z, --null-data
                 separate lines by NUL characters
      --help     display this help and exit
      --version  output version information and exit

If no -e, --expression, -f, or --file option is given, then the first
non-option argument is taken as the sed script to interpret.  All
remaining arguments are names of input files; if no input files are
specified, then the standard input is read.

GNU sed home page: <https://www.gnu.org/software/sed/>.
General help using GNU software: <https://www.gnu.org/gethelp/>.
`

class Misused extends Error {}

/** Reads the words, as getopt_long permutes them. */
function* optionsOf(argv: readonly string[], p: Proc): Run<Options> {
  const made: Options = { fragments: [], files: [], quiet: false, extended: false, separate: false, nulls: false, wrapAt: 70 } // prettier-ignore
  const words: string[] = []
  for (let at = 1; at < argv.length; at++) {
    const word = argv[at] as string
    if (word === '--') {
      words.push(...argv.slice(at + 1))
      break
    }
    if (REFUSED.includes(word)) throw new ScriptMistake(`not simulated: ${word}`)
    const [, name, given] = /^--([\w-]+)(?:=([^]*))?$/.exec(word) ?? []
    if (name !== undefined) {
      const letter = LONG[name]
      if (letter === undefined) throw new Misused(`sed: unrecognized option '--${name}'\n`)
      if ('efl'.includes(letter)) yield* withValue(made, letter, given ?? argv[++at], p)
      else flag(made, letter, given ?? '')
    } else if (word.startsWith('-') && word !== '-') {
      for (let index = 1; index < word.length; index++) {
        const letter = word.charAt(index)
        const rest = word.slice(index + 1)
        if ('efl'.includes(letter)) yield* withValue(made, letter, rest === '' ? argv[++at] : rest, p)
        else flag(made, letter, rest)
        if ('efli'.includes(letter)) break
      }
    } else words.push(word)
  }
  if (made.fragments.length === 0) {
    const script = words.shift()
    if (script === undefined) throw new Misused('')
    made.fragments.push({ text: script })
  }
  return { ...made, files: words.length === 0 ? ['-'] : words }
}

function flag(made: Options, letter: string, rest: string): void {
  if (letter === 'n') made.quiet = true
  else if (letter === 'E' || letter === 'r') made.extended = true
  else if (letter === 's') made.separate = true
  else if (letter === 'z') made.nulls = true
  else if (letter === 'i') made.inPlace = rest
  else if (letter !== 'u' && letter !== 'b') throw new Misused(`sed: invalid option -- '${letter}'\n`)
}

function* withValue(made: Options, letter: string, value: string | undefined, p: Proc): Run<void> {
  if (value === undefined) throw new Misused(`sed: option requires an argument -- '${letter}'\n`)
  if (letter === 'l') made.wrapAt = Number(value)
  else if (letter === 'e') made.fragments.push({ text: value })
  else if (value === '-') made.fragments.push({ text: (yield* p.readAll(0)).replace(/\n$/, ''), file: '-' })
  else {
    const file = yield* p.readFile(value)
    if ('error' in file) throw new ScriptMistake(`couldn't open file ${value}: ${errnoText(file.error)}`, 4)
    made.fragments.push({ text: file.text.replace(/\n$/, ''), file: value })
  }
}

export const sed: Program = function* (argv, p) {
  if (argv[1] === '--version') {
    yield* p.out('sed (GNU sed) 4.9\n')
    return 0
  }
  if (argv[1] === '--help') {
    yield* p.out(HELP)
    return 0
  }
  try {
    const options = yield* optionsOf(argv, p)
    const commands = parseScript(options.fragments, options.extended)
    const quiet = options.quiet || /^#n(\n|$)/.test(options.fragments[0]?.text ?? '')
    return yield* options.inPlace === undefined
      ? onOutput(p, { ...options, quiet }, commands)
      : inPlace(p, { ...options, quiet }, commands, options.inPlace)
  } catch (mistake) {
    if (mistake instanceof Misused) {
      yield* p.err(mistake.message + HELP)
      return 1
    }
    if (!(mistake instanceof ScriptMistake)) throw mistake
    yield* p.err(`sed: ${mistake.message}\n`)
    return mistake.code
  }
}

const sidesOf = (commands: readonly Command[]): string[] =>
  commands.flatMap(({ name, text, substitution }) => [...('wW'.includes(name) ? [text ?? ''] : []), ...(substitution?.file === undefined ? [] : [substitution.file])]) // prettier-ignore

function* onOutput(p: Proc, options: Options, commands: Command[]): Run<number> {
  const separator = options.nulls ? '\0' : '\n'
  const input = new SedInput(p, options.files, separator, options.separate)
  const output = new SedOutput((text) => p.out(text), separator)
  yield* output.begin(p, sidesOf(commands))
  const code = yield* new SedRunner(commands, { ...options, p, input, output }).run()
  return code === 0 ? input.code : code
}

/** Each file for itself: its text is written to a new file, which then takes its name. */
function* inPlace(p: Proc, options: Options, commands: Command[], suffix: string): Run<number> {
  const separator = options.nulls ? '\0' : '\n'
  let code = 0
  yield* new SedOutput(() => p.out(''), separator).begin(p, sidesOf(commands))
  for (const name of options.files) {
    const input = new SedInput(p, [name], separator, true)
    const stat = yield* p.stat(name)
    const pieces: string[] = []
    const output = new SedOutput(function* (text) {
      pieces.push(text)
    }, separator)
    const quit = yield* new SedRunner(commands, { ...options, p, input, output }).run()
    code = input.code === 0 ? code : input.code
    if ('error' in stat || input.code !== 0) continue
    const refused = yield* replace(p, name, pieces.join(''), suffix)
    if (refused !== undefined) throw new ScriptMistake(refused, 4)
    if (quit !== 0) return quit
  }
  return code
}

/** Puts the text at the file's place, with a backup if a suffix is given; why not, if it cannot. */
function* replace(p: Proc, name: string, text: string, suffix: string): Run<string | undefined> {
  const slash = name.lastIndexOf('/')
  const [directory, base] = [slash < 0 ? '.' : name.slice(0, slash), name.slice(slash + 1)]
  const before = yield* p.stat(name)
  if ('error' in before) return undefined
  const letters = Array.from({ length: 6 }, (_, at) => String.fromCharCode(97 + ((p.pid * (at * 7 + 3)) % 26))).join('')
  const made = `${directory}/sed${letters}`
  const written = yield* p.writeFile(made, text, { mode: before.mode })
  if ('error' in written) return `couldn't open temporary file ${made}: ${errnoText((written as Errno).error)}`
  yield* p.chmod(made, before.mode)
  yield* p.chown(made, before.owner, before.group)
  if (suffix !== '') {
    const kept = suffix.includes('*') ? suffix.replaceAll('*', base) : base + suffix
    yield* p.rename(name, kept.includes('/') ? kept : `${directory}/${kept}`)
  }
  const moved = yield* p.rename(made, name)
  return 'error' in moved ? `cannot rename ${made}: ${errnoText(moved.error)}` : undefined
}
