/** One kustomization: what it names, generates and changes. Models api/internal/target/kusttarget.go. */
import type { Proc, Run } from '../../host/process.ts'
import { defaultConfig } from './config/defaults.ts'
import type { TransformerConfig } from './config/defaults.ts'
import { loadConfig, mergeConfig } from './config/load.ts'
import { KustomizeError } from './errors.ts'
import { generate } from './generators/generate.ts'
import type { GeneratedKind } from './generators/generate.ts'
import { checkKustomization, deprecations, parseKustomization } from './kustomization.ts'
import type { GeneratorArgs, Kustomization } from './kustomization.ts'
import type { Loader } from './loader.ts'
import { pluginGenerate, pluginTransformer } from './plugins.ts'
import { readResources } from './read.ts'
import { ResMap } from './resmap.ts'
import type { Origin, Resource } from './resource.ts'
import { transformersOf } from './transformers/build.ts'
import type { Transformer } from './transformers/transformer.ts'
import { bindVars } from './vars.ts'
import type { BoundVar } from './vars.ts'
import { makeYaml } from '../../objects/yaml.ts'

/** What has been gathered so far. */
export interface Gathered {
  map: ResMap
  config: TransformerConfig
  vars: BoundVar[]
}

const emptyGathered = (): Gathered => ({ map: new ResMap(), config: defaultConfig(), vars: [] })

const FILE_NAMES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization']

export class Target {
  /** Where the kustomization stands, relative to the one that is built; undefined when no one asks. */
  private origin?: string

  private constructor(
    private readonly p: Proc,
    private readonly loader: Loader,
    readonly kustomization: Kustomization,
    private readonly fileName: string,
  ) {}

  /** Reads the kustomization file; says what is deprecated in it. */
  static *load(p: Proc, loader: Loader): Run<Target> {
    const { text, name } = yield* kustomizationFile(loader)
    const read = parseKustomization(text)
    for (const line of deprecations(read)) yield* p.err(`${line}\n`)
    checkKustomization(read, loader.root)
    return new Target(p, loader, read, name)
  }

  /** Gathers everything. `into`: what a component adds to. */
  *gather(into: Gathered = emptyGathered(), origin?: string): Run<Gathered> {
    this.origin = origin
    const read = this.kustomization
    let gathered = yield* prefixed('accumulating resources', this.addResources(into, read.resources ?? []))
    gathered = { ...gathered, config: yield* loadConfig(this.loader, gathered.config, read) }
    yield* this.generate(gathered.map)
    gathered = yield* prefixed('accumulating components', this.addComponents(gathered, read.components ?? []))
    yield* this.transform(gathered)
    const bound = bindVars(gathered.map, read.vars ?? [], gathered.vars)
    return { ...gathered, vars: [...gathered.vars, ...bound] }
  }

  private *addResources(into: Gathered, paths: string[]): Run<Gathered> {
    let gathered = into
    for (const path of paths) gathered = yield* this.addResource(gathered, path)
    return gathered
  }

  /** A file, or else a directory. */
  private *addResource(into: Gathered, path: string): Run<Gathered> {
    try {
      yield* this.addFile(into.map, path)
      return into
    } catch (error) {
      if (!(error instanceof KustomizeError)) throw error
      return yield* this.addBase(into, path, error)
    }
  }

  private *addBase(into: Gathered, path: string, failed: KustomizeError): Run<Gathered> {
    try {
      const loader = yield* this.loader.below(path)
      return yield* this.addDirectory(into, loader, path, false)
    } catch (error) {
      if (!(error instanceof KustomizeError)) throw error
      throw failed.malformed ? failed : error.wrapped(`accumulation err='${failed.message}'`)
    }
  }

  private *addFile(map: ResMap, path: string): Run<void> {
    const resources = yield* prefixed(`accumulating resources from '${path}'`, this.readFile(path))
    for (const resource of resources)
      if (this.origin !== undefined) resource.origin = { path: joined(this.origin, path) }
    yield* prefixed(`merging resources from '${path}'`, appended(map, resources))
  }

  private *readFile(path: string): Run<Resource[]> {
    const text = yield* this.loader.load(path)
    try {
      return readResources(text)
    } catch (error) {
      if (!(error instanceof KustomizeError) || !error.malformed) throw error
      throw new KustomizeError(`${error.message} in File: ${path}`, true)
    }
  }

  private *addComponents(into: Gathered, paths: string[]): Run<Gathered> {
    let gathered = into
    for (const path of paths) {
      const loader = yield* quoted('loader.New', this.loader.below(path))
      gathered = yield* quoted('accumulateDirectory:', this.addDirectory(gathered, loader, path, true))
    }
    return gathered
  }

  private *addDirectory(into: Gathered, loader: Loader, path: string, component: boolean): Run<Gathered> {
    const { root } = loader
    const target = yield* prefixed(`couldn't make target for path '${root}'`, Target.load(this.p, loader))
    const { kind = '' } = target.kustomization
    if (component && kind !== 'Component')
      throw new KustomizeError(`expected kind 'Component' for path '${root}' but got '${kind}'`)
    if (!component && kind === 'Component') throw new KustomizeError(`expected kind != 'Component' for path '${root}'`)
    const origin = this.origin === undefined ? undefined : joined(this.origin, path)
    const gathering = target.gather(component ? into : undefined, origin)
    const found = yield* prefixed(`recursed accumulation of path '${root}'`, gathering)
    if (component) return found
    return yield* prefixed(`recursed merging from path '${root}'`, merged(into, found))
  }

  private *generate(map: ResMap): Run<void> {
    const { configMapGenerator = [], secretGenerator = [], helmCharts = [], generators = [] } = this.kustomization
    for (const args of configMapGenerator) yield* this.generateOne(map, 'ConfigMap', args)
    for (const args of secretGenerator) yield* this.generateOne(map, 'Secret', args)
    for (const chart of helmCharts)
      throw new KustomizeError(
        `trouble configuring builtin HelmChartInflationGenerator with config: \`\n${makeYaml(chart)}\`: must specify --enable-helm`,
      )
    for (const config of yield* prefixed('loading generator plugins', this.pluginConfigs(generators)))
      map.absorb(yield* prefixed('loading generator plugins', pluginGenerate(this.p, this.loader, config)))
  }

  private *generateOne(map: ResMap, kind: GeneratedKind, args: GeneratorArgs): Run<void> {
    const made = yield* generate(this.p, this.loader, kind, args, this.kustomization.generatorOptions)
    const origin = this.originBy(`${kind}Generator`)
    if (origin !== undefined) made.origin = origin
    // Upstream prints the generator's addresses in memory.
    yield* prefixed('merging from generator &{0xc0004aa1a0 <nil>}', absorbed(map, made))
  }

  private originBy(kind: string): Origin | undefined {
    if (this.origin === undefined) return undefined
    return { configuredIn: joined(this.origin, this.fileName), configuredBy: { apiVersion: 'builtin', kind } }
  }

  /** Configurations of plugins: written in place, or in files. */
  private *pluginConfigs(entries: string[]): Run<Resource[]> {
    const gathered = emptyGathered()
    for (const entry of entries) {
      const inline = entry.includes('\n') ? readResources(entry) : undefined
      if (inline !== undefined) gathered.map.appendAll(inline)
      else yield* this.addResource(gathered, entry)
    }
    return gathered.map.resources
  }

  private *transform({ map, config }: Gathered): Run<void> {
    const all = yield* transformersOf(this.loader, this.kustomization, config)
    for (const plugin of yield* this.pluginConfigs(this.kustomization.transformers ?? []))
      all.push(yield* pluginTransformer(this.loader, plugin, config))
    for (const one of all) yield* this.apply(map, one)
    for (const plugin of yield* this.pluginConfigs(this.kustomization.validators ?? []))
      yield* this.apply(map, yield* pluginTransformer(this.loader, plugin, config))
  }

  private *apply(map: ResMap, { kind, transform }: Transformer): Run<void> {
    const origin = this.originBy(kind)
    const run = transform(map)
    if (run !== undefined) yield* run
    map.dropEmpty()
    if (origin !== undefined) for (const resource of map.resources) resource.transformations.push(origin)
  }
}

function* kustomizationFile(loader: Loader): Run<{ text: string; name: string }> {
  const found: { text: string; name: string }[] = []
  for (const name of FILE_NAMES) {
    try {
      found.push({ text: yield* loader.load(name), name })
    } catch (error) {
      if (!(error instanceof KustomizeError)) throw error
    }
  }
  if (found.length === 1) return found[0]!
  throw new KustomizeError(
    found.length > 1
      ? `Found multiple kustomization files under: ${loader.root}\n`
      : `unable to find one of 'kustomization.yaml', 'kustomization.yml' or 'Kustomization' in directory '${loader.root}'`,
  )
}

function joined(base: string, path: string): string {
  const parts: string[] = base === '' ? [] : base.split('/')
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part === '..' && parts.length > 0 && parts.at(-1) !== '..') parts.pop()
    else parts.push(part)
  }
  return parts.join('/')
}

// eslint-disable-next-line require-yield
function* appended(map: ResMap, resources: Resource[]): Run<void> {
  map.appendAll(resources)
}

// eslint-disable-next-line require-yield
function* absorbed(map: ResMap, resource: Resource): Run<void> {
  map.absorb(resource)
}

// eslint-disable-next-line require-yield
function* merged(into: Gathered, found: Gathered): Run<Gathered> {
  into.map.appendAll(found.map.resources)
  return { ...into, config: mergeConfig(into.config, found.config), vars: [...into.vars, ...found.vars] }
}

function* prefixed<T>(prefix: string, run: Run<T>): Run<T> {
  try {
    return yield* run
  } catch (error) {
    throw error instanceof KustomizeError ? error.wrapped(prefix) : error
  }
}

/** As Go's `%q` puts an error into another. */
function* quoted<T>(prefix: string, run: Run<T>): Run<T> {
  try {
    return yield* run
  } catch (error) {
    throw error instanceof KustomizeError ? new KustomizeError(`${prefix} ${JSON.stringify(error.message)}`) : error
  }
}
