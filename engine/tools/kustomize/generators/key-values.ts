/** The data of generated ConfigMaps and Secrets. Models api/kv. */
import type { Proc, Run } from '../../../host/process.ts'
import { KustomizeError } from '../errors.ts'
import type { GeneratorArgs } from '../kustomization.ts'
import type { Loader } from '../loader.ts'

type Pair = [key: string, value: string]

/** All pairs: of env files, literals and files, in this order. Throws for a key that comes twice. */
export function* loadPairs(p: Proc, loader: Loader, args: GeneratorArgs): Run<Pair[]> {
  const { envs = [], literals = [], files = [] } = args
  const pairs = [
    ...(yield* within(`env source files: [${envs.join(' ')}]`, envFiles(p, loader, envs))),
    ...(yield* within(`literal sources [${literals.join(' ')}]`, literalPairs(literals))),
    ...(yield* within(`file sources: [${files.join(' ')}]`, filePairs(loader, files))),
  ]
  const seen = new Set<string>()
  for (const [key] of pairs) {
    if (seen.has(key)) throw new KustomizeError(`configmap ${args.name ?? ''} illegally repeats the key \`${key}\``)
    seen.add(key)
  }
  return pairs
}

function* within<T>(what: string, run: Run<T>): Run<T> {
  try {
    return yield* run
  } catch (error) {
    throw error instanceof KustomizeError ? error.wrapped(`loading KV pairs: ${what}`) : error
  }
}

// eslint-disable-next-line require-yield
function* literalPairs(literals: string[]): Run<Pair[]> {
  return literals.map((text): Pair => {
    const equals = text.indexOf('=')
    if (equals < 1) throw new KustomizeError(`invalid literal source ${text}, expected key=value`)
    return [text.slice(0, equals), text.slice(equals + 1).replace(/^["']+|["']+$/g, '')]
  })
}

function* filePairs(loader: Loader, sources: string[]): Run<Pair[]> {
  const pairs: Pair[] = []
  for (const source of sources) {
    const [key, path] = splitSource(source)
    pairs.push([key, yield* loader.load(path)])
  }
  return pairs
}

function splitSource(source: string): [key: string, path: string] {
  const parts = source.split('=')
  if (parts.length > 2) throw new KustomizeError("key names or file paths cannot contain '='")
  const [key = '', path = ''] = parts
  if (parts.length === 1) return [source.replace(/\/+$/, '').split('/').at(-1) || source, source]
  if (key === '') throw new KustomizeError(`key name for file path ${path} missing`)
  if (path === '') throw new KustomizeError(`file path for key name ${key} missing`)
  return [key, path]
}

function* envFiles(p: Proc, loader: Loader, paths: string[]): Run<Pair[]> {
  const pairs: Pair[] = []
  for (const path of paths) pairs.push(...linesOf(yield* loader.load(path)).flatMap((line) => envPair(p, line)))
  return pairs
}

const linesOf = (text: string): string[] => text.replace(/^\uFEFF/, '').split(/\r?\n/)

/** A name without `=` takes its value from the environment. */
function envPair(p: Proc, raw: string): Pair[] {
  const line = raw.trimStart()
  if (line === '' || line.startsWith('#')) return []
  const equals = line.indexOf('=')
  const key = equals < 0 ? line : line.slice(0, equals)
  return [[key, equals < 0 ? (p.env[key] ?? '') : line.slice(equals + 1)]]
}
