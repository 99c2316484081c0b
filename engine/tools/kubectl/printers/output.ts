/** `-o`: which printer, and what it prints. Models cli-runtime/pkg/genericclioptions/*_flags.go and pkg/printers. */
import type { Proc, Run } from '../../../host/process.ts'
import { makeJson, makeYaml } from '../serialize.ts'
import type { ApiObject } from '../client.ts'
import { CommandError, notSimulated } from '../errors.ts'
import type { FlagValues } from '../flags.ts'
import { evaluateJsonPath, jsonPathJson, parseJsonPath } from '../jsonpath/jsonpath.ts'
import { parseTemplate } from '../template/template.ts'
import { CustomColumns, parseColumnFile, parseColumns } from './custom-columns.ts'
import { hideManagedFields } from './managed-fields.ts'
import { texts } from '../texts.ts'

/** Prints objects, each whole or as a list. Texts end as the format ends them. */
export interface ObjectPrinter {
  /** `yaml`, `jsonpath` …; one that prints a list's items each on its own has `each`. */
  format: string
  print(object: ApiObject): string
}

export type Format = { kind: 'table'; wide: boolean } | { kind: 'object'; printer: ObjectPrinter }

const PLAIN = ['json', 'yaml', 'name']
const TEMPLATES = [
  'go-template',
  'go-template-file',
  'template',
  'templatefile',
  'jsonpath',
  'jsonpath-as-json',
  'jsonpath-file',
]
const COLUMNS = ['custom-columns', 'custom-columns-file']

export interface OutputRules {
  /** The command prints tables, so that `wide` and custom columns are allowed. */
  tables?: boolean
  /** `created`, `configured (dry run)`: what `-o name`'s sibling, the default, says. */
  namePrinter?: (object: ApiObject) => string
}

/** Reads `-o` and `--template`. Throws for a format there is not. */
export function* outputFormat(
  p: Proc,
  flags: FlagValues,
  minor: number,
  rules: OutputRules = {},
): Run<Format | undefined> {
  let output = flags.text('output')
  const template = flags.has('template') ? flags.text('template') : ''
  if (output === '' && template !== '') output = 'go-template'
  if (output === '' || (rules.tables && output === 'wide'))
    return rules.tables ? { kind: 'table', wide: output === 'wide' } : undefined
  const printer = yield* printerFor(p, flags, output, template, minor, rules.tables ?? false)
  return { kind: 'object', printer }
}

function allowedText(minor: number, tables: boolean): string {
  const all = [
    ...PLAIN,
    ...TEMPLATES,
    ...(tables ? [...COLUMNS, 'wide'] : []),
    ...(texts.kyaml(minor) ? ['kyaml'] : []),
  ]
  return all.sort().join(',')
}

function* printerFor(
  p: Proc,
  flags: FlagValues,
  output: string,
  template: string,
  minor: number,
  tables: boolean,
): Run<ObjectPrinter> {
  const equals = output.indexOf('=')
  const format = equals < 0 ? output : output.slice(0, equals)
  const argument = equals < 0 ? template : output.slice(equals + 1)
  const clean = flags.bool('show-managed-fields') ? (object: ApiObject) => object : hideManagedFields
  const plain = format.toLowerCase()
  if (plain === 'json') return { format: plain, print: (object) => makeJson(clean(object)) }
  if (plain === 'yaml') return yamlPrinter(clean)
  if (plain === 'name') return { format: plain, print: nameText }
  if (format === 'kyaml' && texts.kyaml(minor)) throw notSimulated('-o kyaml')
  if (TEMPLATES.includes(format)) return yield* templatePrinter(p, flags, format, argument)
  if (tables && COLUMNS.includes(format)) return yield* columnsPrinter(p, flags, format, argument)
  throw new CommandError(
    `unable to match a printer suitable for the output format "${output}", allowed formats are: ${allowedText(minor, tables)}`,
  )
}

/** Documents after the first are parted by `---`. */
function yamlPrinter(clean: (object: ApiObject) => ApiObject): ObjectPrinter {
  let count = 0
  return { format: 'yaml', print: (object) => (count++ > 0 ? '---\n' : '') + makeYaml(clean(object)) }
}

/** `pod/web`, `deployment.apps/web`, one line an item. */
export function nameText(object: ApiObject): string {
  if (Array.isArray(object.items)) return (object.items as ApiObject[]).map(nameText).join('')
  return `${kindName(object)}/${object.metadata?.name ?? '<unknown>'}\n`
}

/** `deployment.apps`, `pod`. */
export function kindName(object: ApiObject): string {
  const group = (object.apiVersion ?? '').includes('/') ? object.apiVersion!.split('/')[0] : ''
  const kind = (object.kind ?? '<unknown>').toLowerCase()
  return group ? `${kind}.${group}` : kind
}

function* templatePrinter(p: Proc, flags: FlagValues, format: string, argument: string): Run<ObjectPrinter> {
  if (argument === '') throw new CommandError(missingTemplate(format))
  const fromFile = format.endsWith('file')
  const text = fromFile ? yield* templateFile(p, argument) : argument
  const lenient = !flags.has('allow-missing-template-keys') || flags.bool('allow-missing-template-keys')
  if (format.startsWith('jsonpath')) {
    const path = parsed(
      () => parseJsonPath(text),
      (why) => `error parsing jsonpath ${text}, ${why}`,
    )
    const evaluate = format === 'jsonpath-as-json' ? jsonPathJson : evaluateJsonPath
    return {
      format,
      print: (object) =>
        parsed(
          () => evaluate(path, object, lenient),
          (why) =>
            `error executing jsonpath ${JSON.stringify(text)}: Error executing template: ${why}. Printing more information for debugging the template:\n\ttemplate was:\n\t\t${text}\n\tobject given to jsonpath engine was:\n\t\t${goMap(object)}\n\n`,
        ),
    }
  }
  const body = parsed(
    () => parseTemplate(text, lenient),
    (why) => `error parsing template ${text}, ${why}`,
  )
  return {
    format,
    print: (object) =>
      parsed(
        () => body(object),
        (why) => `error executing template ${JSON.stringify(text)}: ${why}`,
      ),
  }
}

/** Go's text of a value in the long error of a jsonpath. */
function goMap(value: unknown): string {
  if (Array.isArray(value)) return `[]interface {}{${value.map(goMap).join(', ')}}`
  if (typeof value === 'object' && value !== null)
    return `map[string]interface {}{${Object.keys(value)
      .sort()
      .map((key) => `${JSON.stringify(key)}:${goMap((value as Record<string, unknown>)[key])}`)
      .join(', ')}}`
  if (value === null || value === undefined) return 'interface {}(nil)'
  return JSON.stringify(value)
}

function parsed<T>(run: () => T, text: (why: string) => string): T {
  try {
    return run()
  } catch (error) {
    if (error instanceof CommandError) throw error
    throw new CommandError(text(error instanceof Error ? error.message : String(error)))
  }
}

const missingTemplate = (format: string): string =>
  format.startsWith('jsonpath')
    ? `template format specified but no template given`
    : `template format specified but no template given`

function* templateFile(p: Proc, path: string, what = '--template'): Run<string> {
  const file = yield* p.readFile(path)
  if ('text' in file) return file.text
  throw new CommandError(`error reading ${what} ${path}, open ${path}: no such file or directory`)
}

function* columnsPrinter(p: Proc, flags: FlagValues, format: string, argument: string): Run<ObjectPrinter> {
  if (argument === '')
    throw new CommandError(
      `${format} format specified but no ${format === 'custom-columns' ? 'custom columns given' : 'custom columns file given'}`,
    )
  const spec =
    format === 'custom-columns' ? parseColumns(argument) : parseColumnFile(yield* templateFile(p, argument, 'template'))
  const columns = new CustomColumns(spec, flags.bool('no-headers'))
  return { format, print: (object) => columns.print(object) }
}
