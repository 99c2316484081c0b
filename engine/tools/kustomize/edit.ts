/**
 * `kustomize create` and `kustomize edit`: changes of the kustomization file. Models kustomize/commands/create,
 * commands/edit and internal/kustfile. Not modelled: comments (they are lost), globs beyond names, `edit fix`, and
 * the less usual parts of `edit`, which say so.
 */
import type { Proc, Run } from '../../host/process.ts'
import { makeYaml, parseYaml, YamlError } from '../../objects/yaml.ts'
import { KustomizeError } from './errors.ts'

type Fields = Record<string, unknown>

const FILES = ['kustomization.yaml', 'kustomization.yml', 'Kustomization']
const HEAD = { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization' }

/** The order of fields in a new file. */
const ORDER = [
  ...['apiVersion', 'kind', 'metadata', 'sortOptions', 'resources', 'bases', 'namePrefix', 'nameSuffix', 'namespace'],
  ...['crds', 'commonLabels', 'labels', 'commonAnnotations', 'patchesStrategicMerge', 'patchesJson6902', 'patches'],
  ...['configMapGenerator', 'secretGenerator', 'generatorOptions', 'vars', 'images', 'replacements', 'replicas'],
  ...['configurations', 'generators', 'transformers', 'validators', 'components', 'openapi', 'buildMetadata'],
]

interface File {
  path: string
  fields: Fields
}

function* open(p: Proc): Run<File> {
  for (const path of FILES) {
    const read = yield* p.readFile(path)
    if ('text' in read) return { path, fields: parsed(read.text) }
  }
  throw new KustomizeError(`Missing kustomization file 'kustomization.yaml'.\n`)
}

function parsed(text: string): Fields {
  try {
    return { ...(parseYaml(text) as Fields | null) }
  } catch (error) {
    throw error instanceof YamlError ? new KustomizeError(`invalid Kustomization: ${error.message}`) : error
  }
}

function* write(p: Proc, { path, fields }: File): Run<void> {
  const missing = Object.fromEntries(Object.entries(HEAD).filter(([name]) => fields[name] === undefined))
  const all: Fields = { ...fields, ...missing }
  const known = Object.keys(fields)
  const names = [...known, ...Object.keys(missing)]
  const shown = names.filter((name) => isFilled(all[name]))
  yield* p.writeFile(path, shown.map((name) => makeYaml({ [name]: all[name] })).join(''))
}

const isFilled = (value: unknown): boolean =>
  value !== undefined && value !== '' && !(typeof value === 'object' && Object.keys(value ?? {}).length === 0)

/** Sets a field; a new one comes at the end. */
const withField = (fields: Fields, name: string, value: unknown): Fields => ({ ...fields, [name]: value })

const listOf = (fields: Fields, name: string): unknown[] => (fields[name] as unknown[] | undefined) ?? []

// --- the words of a command -----------------------------------------------------------------------

interface Words {
  args: string[]
  flags: Record<string, string[]>
}

const SWITCHES = ['--autodetect', '--recursive', '--disableNameSuffixHash', '--force', '-f', '--no-verify', '--without-selector', '--include-templates'] // prettier-ignore

function wordsOf(words: readonly string[]): Words {
  const found: Words = { args: [], flags: {} }
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string
    const [name = '', inline] = word.split(/=(.*)/s)
    if (!word.startsWith('-')) found.args.push(word)
    else {
      const value = inline ?? (SWITCHES.includes(name) ? 'true' : (words[++i] ?? ''))
      found.flags[name] = [...(found.flags[name] ?? []), value]
    }
  }
  return found
}

/** `a:b,c:d` */
function pairsOf(args: string[], kind: string): Record<string, string> {
  const pairs = args.flatMap((arg) => arg.split(',')).map((pair) => pair.split(/:(.*)/s))
  for (const [key = '', value] of pairs)
    if (key === '' || value === undefined)
      throw new KustomizeError(`invalid ${kind}: '${args.join(',')}' (need k:v pair where v may be quoted)`)
  return Object.fromEntries(pairs.map(([key = '', value = '']) => [key, value.replace(/^"(.*)"$/, '$1')]))
}

// --- edit -----------------------------------------------------------------------------------------

type Edit = (fields: Fields, words: Words, p: Proc) => Run<Fields>

function text(field: string, what: string): Edit {
  return function* (fields, { args }) {
    if (args.length !== 1) throw new KustomizeError(`must specify exactly one ${what} value`)
    return withField(fields, field, args[0])
  }
}

const IMAGE_FORMATS = `invalid format of image, use one of the following options:
- <image>=<newimage>:<newtag>
- <image>=<newimage>@<digest>
- <image>=<newimage>
- <image>:<newtag>
- <image>@<digest>`

interface Image {
  name: string
  newName?: string
  newTag?: string
  digest?: string
}

/** `nginx`, `reg:5000/nginx:1.27` or `nginx@sha256:…`, apart. */
function imageParts(text: string): { name: string; newTag?: string; digest?: string } {
  const [, at, digest] = /^(.*)@(.+)$/.exec(text) ?? []
  if (at !== undefined && digest !== undefined) return { name: at, digest }
  const [, name, newTag] = /^(.*):([^/:]+)$/.exec(text) ?? []
  return name !== undefined && newTag !== undefined ? { name, newTag } : { name: text }
}

function imageOf(arg: string): Image {
  const [name = '', changed] = arg.split(/=(.*)/s)
  if (changed === undefined) {
    const parts = imageParts(arg)
    if (parts.newTag === undefined && parts.digest === undefined) throw new KustomizeError(IMAGE_FORMATS)
    return parts
  }
  const { name: newName, ...rest } = imageParts(changed)
  if (name === '' || newName === '') throw new KustomizeError(IMAGE_FORMATS)
  return { name, ...(newName !== name && newName !== '*' && { newName }), ...rest }
}

const byName = (a: { name: string }, b: { name: string }): number => (a.name < b.name ? -1 : 1)

const setImage: Edit = function* (fields, { args }) {
  if (args.length === 0) throw new KustomizeError('no image specified')
  const images = new Map((listOf(fields, 'images') as Image[]).map((image) => [image.name, image]))
  for (const image of args.map(imageOf)) {
    const newName = image.newName ?? (args.join().includes('=*') ? images.get(image.name)?.newName : undefined)
    images.set(image.name, { ...image, ...(newName !== undefined && { newName }) })
  }
  return withField(fields, 'images', [...images.values()].sort(byName))
}

const setReplicas: Edit = function* (fields, { args }) {
  if (args.length === 0) throw new KustomizeError('no replicas specified')
  const all = new Map((listOf(fields, 'replicas') as { name: string; count: number }[]).map((one) => [one.name, one]))
  for (const arg of args) {
    const [name = '', count = ''] = arg.split('=')
    if (!/^\d+$/.test(count)) throw new KustomizeError(`invalid format of replica, use the following format: <name>=<count>`) // prettier-ignore
    all.set(name, { name, count: Number(count) })
  }
  return withField(fields, 'replicas', [...all.values()].sort(byName))
}

function pairs(field: string, kind: string, mayStand: boolean): Edit {
  return function* (fields, { args, flags }) {
    if (args.length === 0) throw new KustomizeError(`must specify ${kind}`)
    const own = (fields[field] as Record<string, string> | undefined) ?? {}
    const added = pairsOf(args, kind)
    const twice = Object.keys(added).find((key) => key in own)
    if (!mayStand && twice !== undefined && flags['--force'] === undefined && flags['-f'] === undefined)
      throw new KustomizeError(`${kind} ${twice} already in kustomization file`)
    return withField(fields, field, { ...own, ...added })
  }
}

/** Files, or directories, that are named in a list. */
function paths(field: string, what: string): Edit {
  return function* (fields, { args }, p) {
    if (args.length === 0) throw new KustomizeError(`must specify a ${what} file`)
    let list = listOf(fields, field)
    for (const path of args) {
      const stat = yield* p.stat(path)
      if ('error' in stat && !/^https?:|^github\.com/.test(path)) yield* say(p, `${path} has no match`)
      else if (list.includes(path)) yield* say(p, `${what} ${path} already in kustomization file`)
      else list = [...list, path]
    }
    return withField(fields, field, list)
  }
}

function without(field: string, what: string): Edit {
  return function* (fields, { args }) {
    if (args.length === 0) throw new KustomizeError(`must specify a ${what} file`)
    return withField(fields, field, listOf(fields, field).filter((one) => !args.includes(String(one)))) // prettier-ignore
  }
}

/** A line of Go's log. */
function* say(p: Proc, message: string): Run<void> {
  const at = new Date(yield* p.now()).toISOString()
  yield* p.err(`${at.slice(0, 10).replaceAll('-', '/')} ${at.slice(11, 19)} ${message}\n`)
}

function generator(field: string, type?: string): Edit {
  return function* (fields, { args, flags }) {
    const [name, ...more] = args
    if (name === undefined || more.length > 0) throw new KustomizeError('name must be specified once')
    const literals = flags['--from-literal']
    const files = flags['--from-file']
    const envs = flags['--from-env-file']
    if (literals === undefined && files === undefined && envs === undefined)
      throw new KustomizeError('at least from-env-file, or from-file or from-literal must be set')
    const all = listOf(fields, field) as Fields[]
    const old = all.find((one) => one['name'] === name)
    const join = (key: string, values: string[] | undefined): Fields =>
      values === undefined ? {} : { [key]: [...((old?.[key] as string[] | undefined) ?? []), ...values] }
    const made: Fields = {
      ...old,
      name,
      ...join('literals', literals),
      ...join('files', files),
      ...join('envs', envs),
      ...(type !== undefined && { type: flags['--type']?.[0] ?? type }),
      ...(flags['--namespace'] !== undefined && { namespace: flags['--namespace'][0] }),
      ...(flags['--disableNameSuffixHash'] !== undefined && { options: { disableNameSuffixHash: true } }),
    }
    return withField(fields, field, old === undefined ? [...all, made] : all.map((one) => (one === old ? made : one)))
  }
}

const TARGET = ['group', 'version', 'kind', 'name', 'namespace', 'annotation-selector', 'label-selector']
const camel = (name: string): string => name.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase())

const addPatch: Edit = function* (fields, { flags }) {
  const path = flags['--path']?.[0]
  const patch = flags['--patch']?.[0]
  if ((path === undefined) === (patch === undefined)) throw new KustomizeError('must provide either patch or path')
  const target = Object.fromEntries(
    TARGET.flatMap((name) => {
      const value = flags[`--${name}`]?.[0]
      return value === undefined ? [] : [[camel(name), value]]
    }),
  )
  const made = { ...(path === undefined ? { patch } : { path }), ...(Object.keys(target).length > 0 && { target }) }
  return withField(fields, 'patches', [...listOf(fields, 'patches'), made])
}

const EDITS: Record<string, Edit> = {
  'set image': setImage,
  'set replicas': setReplicas,
  'set namespace': text('namespace', 'namespace'),
  'set nameprefix': text('namePrefix', 'prefix'),
  'set namesuffix': text('nameSuffix', 'suffix'),
  'set label': pairs('commonLabels', 'label', true),
  'set annotation': pairs('commonAnnotations', 'annotation', true),
  'add label': pairs('commonLabels', 'label', false),
  'add annotation': pairs('commonAnnotations', 'annotation', false),
  'add resource': paths('resources', 'resource'),
  'add base': paths('resources', 'base'),
  'add component': paths('components', 'component'),
  'add generator': paths('generators', 'generator'),
  'add transformer': paths('transformers', 'transformer'),
  'add configmap': generator('configMapGenerator'),
  'add secret': generator('secretGenerator', 'Opaque'),
  'add patch': addPatch,
  'remove resource': without('resources', 'resource'),
  'remove transformer': without('transformers', 'transformer'),
}

/** `kustomize edit …`: the exit code. Throws a KustomizeError for what upstream refuses. */
export function* runEdit(p: Proc, words: readonly string[]): Run<number> {
  const [verb = '', what = '', ...rest] = words
  const edit = EDITS[`${verb} ${what}`]
  if (edit === undefined) {
    yield* p.err(`Error: not simulated: kustomize edit ${verb} ${what}\n`)
    return 1
  }
  const file = yield* open(p)
  yield* write(p, { ...file, fields: yield* edit(file.fields, wordsOf(rest), p) })
  return 0
}

// --- create ---------------------------------------------------------------------------------------

const isManifest = (name: string): boolean => /\.ya?ml$/.test(name) && !FILES.includes(name)

function* detected(p: Proc, directory: string, deep: boolean): Run<string[]> {
  const listed = yield* p.list(directory === '' ? '.' : directory)
  const found: string[] = []
  for (const name of 'names' in listed ? listed.names : []) {
    const path = directory === '' ? name : `${directory}/${name}`
    const stat = yield* p.stat(path)
    if ('error' in stat) continue
    if (stat.kind !== 'directory') found.push(...(isManifest(name) ? [path] : []))
    else if (deep) found.push(...(yield* detected(p, path, deep)))
  }
  return found
}

/** `kustomize create`: the exit code. */
export function* runCreate(p: Proc, words: readonly string[]): Run<number> {
  const { flags } = wordsOf(words)
  for (const path of FILES)
    if (!('error' in (yield* p.stat(path)))) throw new KustomizeError('kustomization file already exists')
  const named = (flags['--resources'] ?? []).flatMap((list) => list.split(','))
  const more = flags['--autodetect'] === undefined ? [] : yield* detected(p, '', flags['--recursive'] !== undefined)
  const values: Fields = {
    ...HEAD,
    resources: [...named, ...more.filter((path) => !named.includes(path))],
    namePrefix: flags['--nameprefix']?.[0],
    nameSuffix: flags['--namesuffix']?.[0],
    namespace: flags['--namespace']?.[0],
    commonLabels: flags['--labels'] && pairsOf(flags['--labels'], 'label'),
    commonAnnotations: flags['--annotations'] && pairsOf(flags['--annotations'], 'annotation'),
  }
  const fields = Object.fromEntries(
    ORDER.filter((name) => values[name] !== undefined).map((name) => [name, values[name]]),
  )
  yield* write(p, { path: 'kustomization.yaml', fields })
  return 0
}
