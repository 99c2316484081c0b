/** The house rules that a reader relies on: who may import whom, no cycles, no way out of the simulation. */
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'

const ROOT = resolve(import.meta.dirname, '../..')

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder)).flatMap((name) => {
    const path = join(folder, name)
    if (statSync(join(ROOT, path)).isDirectory()) return sources(path)
    return /\.(ts|svelte)$/.test(name) ? [path] : []
  })
}

/** Paths, from the root, of the project's own files that a file imports. */
function importsOf(path: string): string[] {
  const text = readFileSync(join(ROOT, path), 'utf8')
  const specifiers = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map((match) => match[1] as string)
  return specifiers.map((one) => relative(ROOT, resolve(ROOT, dirname(path), one.replace(/\?.*$/, ''))))
}

/** The layer of a file: its folder in engine/, or engine's single files by name. */
function layerOf(path: string): string {
  const [top, second = ''] = path.split('/')
  if (top !== 'engine') return top as string
  if (
    path.startsWith('engine/api/') &&
    /^engine\/api\/(client|event-recorder|leader-election|lease\.machine)/.test(path)
  )
    return 'api/client'
  return second.replace(/\.ts$/, '')
}

const BASE = ['kernel', 'objects']
const AGENT = [...BASE, 'pki', 'fabric', 'host', 'api/client']
/** A layer may import itself, `versions` and these. */
const MAY_IMPORT: Record<string, string[]> = {
  versions: [],
  kernel: [],
  objects: ['pki'],
  pki: ['kernel'],
  fabric: ['kernel'],
  host: ['kernel', 'fabric', 'pki'],
  shell: ['kernel', 'host', 'fabric'],
  etcd: ['kernel', 'fabric', 'pki'],
  'api/client': [...BASE, 'fabric'],
  api: [...BASE, 'pki', 'fabric', 'etcd', 'api/client'],
  controllers: [...BASE, 'pki', 'api/client'],
  scheduler: [...BASE, 'api/client'],
  kubelet: AGENT,
  network: AGENT,
  metrics: AGENT,
  tools: ['shell', 'host', 'objects', 'pki', 'api/client', 'fabric', 'etcd'],
  view: [...BASE],
  scenario: [...BASE, 'view'],
}
const SINGLE_FILES = new Set(['cluster', 'index', 'flight'])

describe('layers', () => {
  const files = sources('engine')

  it('imports only what the layer below offers', () => {
    const wrong = files.flatMap((path) => {
      const layer = layerOf(path)
      const allowed = MAY_IMPORT[layer]
      if (allowed === undefined || SINGLE_FILES.has(layer)) return []
      return importsOf(path)
        .filter((target) => target.startsWith('engine/'))
        .filter((target) => layerOf(target) !== layer && layerOf(target) !== 'versions')
        .filter((target) => !allowed.includes(layerOf(target)))
        .map((target) => `${path} imports ${target}: ${layer} may import ${allowed.join(', ') || 'nothing'}`)
    })
    expect(wrong).toEqual([])
  })

  it('knows every layer', () => {
    const unknown = new Set(
      files.map(layerOf).filter((layer) => MAY_IMPORT[layer] === undefined && !SINGLE_FILES.has(layer)),
    )
    expect([...unknown]).toEqual([])
  })

  it('keeps sibling controllers apart: they meet in the API', () => {
    const folder = (path: string): string => path.split('/')[2] as string
    const controllers = files.filter((path) => /^engine\/controllers\/[^/]+\//.test(path))
    const wrong = controllers.flatMap((path) =>
      importsOf(path)
        .filter(
          (target) =>
            /^engine\/controllers\/[^/]+\//.test(target) &&
            folder(target) !== 'shared' &&
            folder(target) !== folder(path),
        )
        .map((target) => `${path} imports ${target}`),
    )
    expect(wrong).toEqual([])
  })

  it('lets the outside in through engine/index.ts only', () => {
    const outside = [...sources('server'), ...sources('web')]
    const wrong = outside.flatMap((path) => {
      const targets = importsOf(path).filter((target) => target.startsWith('engine/') && target !== 'engine/index.ts')
      return targets.map((target) => `${path} imports ${target}: import engine/index.ts`)
    })
    expect(wrong).toEqual([])
  })

  it('has no import cycle', () => {
    const graph = new Map(files.map((path) => [path, valueImportsOf(path)]))
    expect(findCycle(graph)).toBeUndefined()
  })
})

/** Imports that exist at run time; types may point at each other. */
function valueImportsOf(path: string): string[] {
  const text = readFileSync(join(ROOT, path), 'utf8')
  const values = [...text.matchAll(/^(?:import|export)\s+(?!type\b)[^'";]*?from\s+'(\.[^']+)'/gms)].map(
    (match) => match[1] as string,
  )
  return values.map((one) => relative(ROOT, resolve(ROOT, dirname(path), one)))
}

function findCycle(graph: Map<string, string[]>): string[] | undefined {
  const done = new Set<string>()
  const visit = (node: string, path: string[]): string[] | undefined => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node]
    if (done.has(node)) return undefined
    for (const next of graph.get(node) ?? []) {
      const cycle = visit(next, [...path, node])
      if (cycle !== undefined) return cycle
    }
    done.add(node)
    return undefined
  }
  for (const node of graph.keys()) {
    const cycle = visit(node, [])
    if (cycle !== undefined) return cycle
  }
  return undefined
}

describe('the engine stays inside the simulation', () => {
  /** What is banned in engine/, and what to use in its place. Exceptions are named with their reason. */
  const BANNED: { pattern: RegExp; remedy: string; except?: RegExp }[] = [
    { pattern: /\bDate\.now\(/, remedy: 'kernel.clockMs' },
    { pattern: /\bnew Date\(\s*\)/, remedy: 'kernel.clockMs' },
    { pattern: /\bMath\.random\(/, remedy: 'kernel.random(name)', except: /kernel\/tripwire/ },
    { pattern: /\bperformance\.now\(/, remedy: 'kernel.now' },
    { pattern: /\bset(Timeout|Interval|Immediate)\(/, remedy: 'kernel.send(event, delayMs)' },
    { pattern: /from 'node:/, remedy: 'a port that server/ implements' },
    { pattern: /:\s*any\b|\bas any\b|<any>/, remedy: 'a type, or unknown' },
    { pattern: /@ts-(ignore|nocheck|expect-error)/, remedy: 'a type' },
    // The edges: text tools of a library and the drivers outside, where promises live.
    {
      pattern: /\bawait\b/,
      remedy: 'an event that brings the answer',
      except: /host\/(edge|tool-files)|engine\/(flight|index)\.ts|cluster\/ports|scenario\/|engine\/view/,
    },
  ]

  it('uses nothing that the kernel does not own', () => {
    const wrong = sources('engine').flatMap((path) => {
      const lines = readFileSync(join(ROOT, path), 'utf8').split('\n')
      return lines.flatMap((line, index) =>
        BANNED.filter(({ pattern, except }) => pattern.test(stripComment(line)) && !except?.test(path)).map(
          ({ remedy }) => `${path}:${index + 1}: ${line.trim()} — use ${remedy}`,
        ),
      )
    })
    expect(wrong).toEqual([])
  })

  it('has a README in each folder', () => {
    const folders = readdirSync(join(ROOT, 'engine')).filter((name) =>
      statSync(join(ROOT, 'engine', name)).isDirectory(),
    )
    const missing = folders.filter((name) => !readdirSync(join(ROOT, 'engine', name)).includes('README.md'))
    expect(missing).toEqual([])
  })
})

function stripComment(line: string): string {
  return /^\s*(\/\/|\*|\/\*)/.test(line)
    ? ''
    : line.replace(/'[^']*'|"[^"]*"|`[^`]*`/g, (text) => (text.includes('node:') ? text : "''")).replace(/\/\/.*$/, '')
}
