/** The program `kustomize`: `build` and `version`. `create` and `edit` stand in edit.ts. Models kustomize/commands. Not modelled: cfg, fn, localize. */
import type { Proc, Program, Run } from '../../host/process.ts'
import { build, makeDocuments } from './build.ts'
import type { BuildOptions } from './build.ts'
import { runCreate, runEdit } from './edit.ts'
import { KustomizeError } from './errors.ts'

const VERSION = 'v5.6.0'

/** Flags of `build` that take a value. */
const VALUED = ['--load-restrictor', '--output', '-o', '--reorder', '--env', '-e', '--mount', '--helm-command']

export const kustomize: Program = function* (argv, p) {
  const [verb, ...words] = argv.slice(1)
  if (verb === 'version') return yield* said(p, `${VERSION}\n`)
  if (verb === 'build') return yield* runBuild(p, words)
  if (verb === undefined || verb === 'help' || verb === '-h' || verb === '--help') return yield* said(p, USAGE)
  if (verb === 'edit') return yield* reported(p, runEdit(p, words))
  if (verb === 'create') return yield* reported(p, runCreate(p, words))
  const known = ['cfg', 'fn', 'localize', 'completion'].includes(verb)
  yield* p.err(
    known
      ? `Error: not simulated: kustomize ${verb}\n`
      : `Error: unknown command ${JSON.stringify(verb)} for "kustomize"\nRun 'kustomize --help' for usage.\n`,
  )
  return 1
}

const USAGE = `
Manages declarative configuration of Kubernetes.
See https://sigs.k8s.io/kustomize

Usage:
  kustomize [command]

Available Commands:
  build                     Build a kustomization target from a directory or URL.
  create                    Create a new kustomization in the current directory
  edit                      Edits a kustomization file
  version                   Prints the kustomize version

Use "kustomize [command] --help" for more information about a command.
`

function* said(p: Proc, text: string): Run<number> {
  yield* p.out(text)
  return 0
}

interface BuildWords extends BuildOptions {
  paths: string[]
  output: string
  problem?: string
}

function parseWords(words: string[]): BuildWords {
  const parsed: BuildWords = { paths: [], output: '', version: VERSION }
  for (let i = 0; i < words.length; i++) {
    const [name = '', inline] = words[i]!.split(/=(.*)/s)
    if (!name.startsWith('-')) {
      parsed.paths.push(words[i]!)
      continue
    }
    const value = VALUED.includes(name) ? (inline ?? words[++i] ?? '') : (inline ?? 'true')
    if (name === '--load-restrictor') parsed.unrestricted = value === 'LoadRestrictionsNone'
    else if (name === '--output' || name === '-o') parsed.output = value
    else if (name === '--enable-managedby-label') parsed.managedByLabel = value !== 'false'
    else if (VALUED.includes(name) || name.startsWith('--enable-')) parsed.problem ??= `not simulated: ${name}`
    else parsed.problem ??= `unknown flag: ${name}`
  }
  return parsed
}

function* runBuild(p: Proc, words: string[]): Run<number> {
  const { paths, output, problem, ...options } = parseWords(words)
  const wrong = problem ?? (paths.length > 1 ? 'specify one path to kustomization.yaml' : undefined)
  if (wrong !== undefined) return yield* failed(p, wrong)
  try {
    const text = makeDocuments(yield* build(p, paths[0] ?? '.', options))
    if (output === '') return yield* said(p, text)
    const done = yield* p.writeFile(output, text)
    return 'error' in done ? yield* failed(p, `open ${output}: no such file or directory`) : 0
  } catch (error) {
    if (!(error instanceof KustomizeError)) throw error
    return yield* failed(p, error.message)
  }
}

/** The errors of a command as kustomize tells them. */
function* reported(p: Proc, command: Run<number>): Run<number> {
  try {
    return yield* command
  } catch (error) {
    if (!(error instanceof KustomizeError)) throw error
    return yield* failed(p, error.message)
  }
}

function* failed(p: Proc, text: string): Run<number> {
  yield* p.err(`Error: ${text}\n`)
  return 1
}
