/**
 * pluto: manifests and objects of API versions that go away (J6). Models fairwindsops/pluto 5.
 * Not modelled: releases of Helm in the cluster, --additional-versions.
 */
import type { Proc, Program, Run } from '../../host/process.ts'
import { parseVersion } from '../../versions/version.ts'
import { CommandError } from '../kubectl/errors.ts'
import { flagMap, parseFlags } from '../kubectl/flags.ts'
import type { FlagSpec, FlagValues } from '../kubectl/flags.ts'
import { Session } from '../kubectl/session.ts'
import { inCluster, inFolder, inText } from './find.ts'
import type { Finding } from './find.ts'
import { COLUMN_NAMES, FORMATS, makeOutput, makeVersionList } from './output.ts'
import { DEFAULT_TARGETS, isDeprecated, isRemoved, isReplaceable } from './versions.ts'
import type { Targets } from './versions.ts'

const VERSION = '5.22.5'

const text = (name: string, short = '', standard = ''): FlagSpec => ({
  name,
  ...(short !== '' && { short }),
  type: 'string',
  default: standard,
  usage: '',
})
const bool = (name: string, short = ''): FlagSpec => ({ ...text(name, short, 'false'), type: 'bool' })

const FLAGS = flagMap([
  text('output', 'o', 'normal'),
  { ...text('target-versions', 't'), type: 'strings' },
  { ...text('components'), type: 'strings' },
  { ...text('columns'), type: 'strings' },
  text('additional-versions', 'f'),
  bool('ignore-deprecations'),
  bool('ignore-removals'),
  bool('ignore-unavailable-replacements'),
  bool('only-show-removed', 'r'),
  bool('no-headers', 'H'),
  bool('no-footer'),
  text('directory', 'd'),
  text('namespace', 'n'),
  text('kubeconfig'),
  text('kube-context'),
  { ...text('v', 'v', '0'), type: 'int' },
])

interface Pluto {
  p: Proc
  flags: FlagValues
  args: string[]
  targets: Targets
}

/** What a subcommand finds; a number ends the program. */
type Look = (pluto: Pluto) => Run<Finding[] | number>

const LOOKS: Record<string, Look> = {
  'detect-files': detectFiles,
  detect,
  'detect-api-resources': detectCluster,
  'detect-all-in-cluster': detectCluster,
}

const HELP = `A tool to detect Kubernetes apiVersions

Usage:
  pluto [flags]
  pluto [command]

Available Commands:
  detect                Checks a single file or stdin for deprecated apiVersions.
  detect-all-in-cluster run all in-cluster detections
  detect-api-resources  detect-api-resources
  detect-files          detect-files
  detect-helm           detect-helm
  help                  Help about any command
  list-versions         Outputs a JSON object of the versions that Pluto knows about.
  version               Prints the current version of the tool.
`

export const pluto: Program = function* (argv, p) {
  try {
    const parsed = parseFlags(argv.slice(1), FLAGS)
    const [command, ...args] = parsed.args
    if (parsed.help || command === 'help') return yield* say(p, HELP)
    if (command === undefined) return (yield* say(p, `You must specify a sub-command.\n${HELP}`)) || 1
    if (command === 'version') return yield* say(p, `Version:${VERSION} Commit:simulated\n`)
    if (command === 'detect-helm' || parsed.values.changed('additional-versions'))
      throw new CommandError(`not simulated: pluto ${command === 'detect-helm' ? command : '--additional-versions'}`)
    const targets = targetsOf(parsed.values, p.env['PLUTO_TARGET_VERSIONS'])
    const problem = formatProblem(parsed.values)
    if (problem !== undefined) throw new CommandError(problem)
    if (command === 'list-versions') return yield* say(p, makeVersionList(parsed.values.text('output'), targets))
    const look = LOOKS[command]
    if (look === undefined) throw new CommandError(`unknown command "${command}" for "pluto"`)
    return yield* run({ p, flags: parsed.values, args, targets }, look)
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    yield* p.err(`${error.text().replace(/^error: /, 'Error: ')}\n`)
    return 1
  }
}

function* say(p: Proc, words: string): Run<number> {
  yield* p.out(words)
  return 0
}

function targetsOf(flags: FlagValues, given: string | undefined): Targets {
  const words = flags.changed('target-versions') ? flags.list('target-versions') : (given?.split(',') ?? [])
  const targets: Record<string, string> = { ...DEFAULT_TARGETS }
  for (const pair of words) {
    const [component = '', version] = pair.split('=')
    if (version === undefined)
      throw new CommandError(`invalid argument "${pair}" for "-t, --target-versions" flag: ${pair} must be formatted as key=value`) // prettier-ignore
    if (!version.startsWith('v') || parseVersion(version) === undefined)
      throw new CommandError(`you must use valid semver for all target versions, beginning with a 'v'. Got ${component}=${version}`) // prettier-ignore
    targets[component] = version
  }
  return targets
}

function formatProblem(flags: FlagValues): string | undefined {
  const format = flags.text('output')
  const columns = flags.list('columns')
  if (!FORMATS.includes(format)) return `The output format must one of (normal|json|yaml|wide|custom|markdown|csv)`
  if (format === 'custom' && columns.length === 0) return `when --output=custom you must specify --columns`
  const unknown = columns.find((name) => !COLUMN_NAMES.includes(name.toUpperCase()))
  return unknown === undefined ? undefined : `invalid custom column option ${unknown}`
}

function* run(pluto: Pluto, look: Look): Run<number> {
  const { p, flags, targets } = pluto
  const found = yield* look(pluto)
  if (typeof found === 'number') return found
  const components = flags.changed('components') ? flags.list('components') : Object.keys(targets)
  const usable = found.filter(({ api }) => {
    const wanted = isRemoved(api, targets) || (!flags.bool('only-show-removed') && isDeprecated(api, targets))
    return wanted && components.includes(api.component)
  })
  const columns = flags.list('columns').map((name) => name.toUpperCase())
  const shown = { format: flags.text('output'), columns, noHeaders: flags.bool('no-headers'), targets }
  yield* p.out(makeOutput(found, usable, shown))
  if (shown.format === 'normal' && usable.length > 0 && !flags.bool('no-footer'))
    yield* p.out("Want more? Automate Pluto for free with Fairwinds Insights!\n🚀 https://fairwinds.com/insights-signup/pluto 🚀 \n") // prettier-ignore
  return exitCode(usable, pluto)
}

/** 2: something is deprecated; 3: something is removed. */
function exitCode(usable: readonly Finding[], { flags, targets }: Pluto): number {
  const deprecated = usable.some(
    ({ api }) =>
      isDeprecated(api, targets) && (isReplaceable(api, targets) || !flags.bool('ignore-unavailable-replacements')),
  )
  if (usable.some(({ api }) => isRemoved(api, targets)) && !flags.bool('ignore-removals')) return 3
  return deprecated && !flags.bool('ignore-deprecations') ? 2 : 0
}

function* detectFiles({ p, flags }: Pluto): Run<Finding[] | number> {
  const found = yield* inFolder(p, flags.text('directory') || '.')
  if (Array.isArray(found)) return found
  yield* p.out(`Error running finder: ${found.error}\n`)
  return 1
}

function* detect({ p, args }: Pluto): Run<Finding[] | number> {
  const [path] = args
  if (path === undefined) throw new CommandError('requires a file argument')
  const stat = path === '-' ? undefined : yield* p.stat(path)
  if (stat !== undefined && ('error' in stat || stat.kind === 'directory'))
    throw new CommandError(`invalid file specified: ${path}`)
  const file = path === '-' ? { text: yield* p.readAll() } : yield* p.readFile(path)
  const found = 'text' in file ? inText(file.text, path === '-' ? '' : path) : undefined
  if (found !== undefined) return found
  yield* p.out(`Error ${path === '-' ? 'checking for versions' : 'reading file'}: yaml: invalid document\n`)
  return 1
}

function* detectCluster({ p, flags }: Pluto): Run<Finding[]> {
  const given = parseFlags(sessionFlags(flags), flagMap([text('kubeconfig'), text('context'), text('namespace')]))
  return yield* inCluster(new Session(p, given.values), flags.text('namespace'))
}

/** The flags that the connection reads have other names here. */
function sessionFlags(flags: FlagValues): string[] {
  const given = (name: string, own: string): string[] =>
    flags.text(own) === '' ? [] : [`--${name}=${flags.text(own)}`]
  return [...given('kubeconfig', 'kubeconfig'), ...given('context', 'kube-context')]
}
