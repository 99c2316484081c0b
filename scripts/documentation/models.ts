/** Reads types with their texts out of TypeScript declarations that were generated from Kubernetes' OpenAPI. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface ModelField {
  /** The declaration's own type. */
  type: string
  required: boolean
  text: string
}

export interface Model {
  text: string
  fields: Map<string, ModelField>
}

/** Models by schema type name: `core.v1.Toleration`. */
export type Models = Map<string, Model>

/** Texts lose their frame of asterisks; a frame's own space before the text goes too, further ones stay. */
function textOf(comment: string): string {
  const lines = comment.split('\n').map((line) => line.replace(/^\s*\* ?/, '').trimEnd())
  return lines
    .join('\n')
    .trim()
    .replaceAll('*_/', '*/')
    .replaceAll('*\\/', '*/')
    .replace(/\\(['"\\*])/g, '$1')
}

const DECLARATION = /^export (?:declare )?(?:class|interface|type) (\w+)/
const FIELD = /^ {4}(?:readonly )?(?:'([^']+)'|"([^"]+)"|([\w$]+))(\??): (.+?);?$/

/** All types of one declaration file, by their names there. */
export function readDeclarations(source: string): Map<string, Model> {
  const found = new Map<string, Model>()
  let comment = ''
  let current: Model | undefined
  const lines = source.split('\n')
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!
    if (/^\s*\/\*\*/.test(line)) {
      const start = at
      while (!lines[at]!.includes('*/')) at++
      comment = textOf(
        lines
          .slice(start, at + 1)
          .join('\n')
          .replace(/^\s*\/\*\*/, '')
          .replace(/\*\/\s*$/, ''),
      )
      continue
    }
    const declared = DECLARATION.exec(line)
    if (declared) {
      current = { text: comment, fields: new Map() }
      found.set(declared[1]!, current)
    } else if (line.startsWith('}')) current = undefined
    else if (!line.startsWith('     ')) addField(current, line, comment)
    comment = ''
  }
  return found
}

function addField(model: Model | undefined, line: string, text: string): void {
  const match = FIELD.exec(line)
  if (!model || !match || /^\s*static/.test(line)) return
  const name = match[1] ?? match[2] ?? match[3]!
  if (!model.fields.has(name)) model.fields.set(name, { type: match[5]!, required: match[4] === '', text })
}

function* filesBelow(folder: string): Generator<string> {
  for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith('_')) continue
    if (entry.isDirectory()) yield* filesBelow(join(folder, entry.name))
    else if (entry.name.endsWith('.d.ts')) yield join(folder, entry.name)
  }
}

/** `rbac.authorization.k8s.io` → `rbac`, as in the schema's names. */
const shortGroup = (group: string): string => {
  if (group === 'internal.apiserver.k8s.io') return 'apiserverinternal'
  return group.split('.')[0]!
}

/** Of kubernetes-models (`batch/v1/CronJobSpec.d.ts`) or its apimachinery (`apis/meta/v1/Time.d.ts`). */
export function readModels(folder: string): Models {
  const models: Models = new Map()
  for (const path of filesBelow(folder)) {
    const parts = path.slice(folder.length + 1, -'.d.ts'.length).split('/')
    const kind = parts.pop()!
    const model = readDeclarations(readFileSync(path, 'utf8')).get(`I${kind}`)
    if (model) models.set(`${packageOf(parts)}.${kind}`, model)
  }
  return models
}

function packageOf(parts: string[]): string {
  if (parts.length === 1 && /^v\d/.test(parts[0]!)) return `core.${parts[0]}`
  if (parts[0] === 'apis' || parts[0] === 'api') return parts.slice(1).join('.')
  return parts[0] === 'util'
    ? parts.join('.')
    : `${shortGroup(parts[0]!)}.${parts.slice(1).join('.')}`.replace(/\.$/, '')
}

/** Of kubernetes-types: a file has all types of a group version. */
export function readTypes(folder: string): Models {
  const models: Models = new Map()
  for (const path of filesBelow(folder)) {
    const parts = path.slice(folder.length + 1, -'.d.ts'.length).split('/')
    const prefix = parts[0] === 'api' ? parts.slice(1).join('.') : parts.join('.')
    for (const [kind, model] of readDeclarations(readFileSync(path, 'utf8'))) models.set(`${prefix}.${kind}`, model)
  }
  return models
}

/** Of client-node, by the classes' own names: `V1Toleration`, `RbacV1Subject`. */
export function readClient(folder: string): Models {
  const older = join(folder, 'dist/gen/model')
  const models: Models = new Map()
  for (const path of filesBelow(existsSync(older) ? older : join(folder, 'dist/gen/models')))
    for (const [name, model] of readDeclarations(readFileSync(path, 'utf8')))
      models.set(name, { text: model.text, fields: new Map([...model.fields].map(([at, field]) => [bare(at), field])) })
  return models
}

/** A field's name as client-node may have changed it: `_default`, `x_kubernetes_validations`, `$ref`. */
export const bare = (name: string): string => name.replace(/^[_$]+/, '').replaceAll('-', '_')

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** The class of client-node for a schema type: its group stands in front where the name alone is not clear. */
export function clientModel(client: Models, name: string): Model | undefined {
  const parts = name.split('.')
  const kind = parts.pop()!
  const version = parts.at(-1)!
  if (!/^v\d/.test(version)) return client.get(kind)
  return client.get(`${capital(parts[0]!)}${capital(version)}${kind}`) ?? client.get(`${capital(version)}${kind}`)
}

const ENUM = /\n*Possible enum values:\n[\s\S]*$/

/** A text without the list of its values, and that list. */
export const splitEnum = (text: string): { text: string; values: string } => {
  const values = ENUM.exec(text)?.[0] ?? ''
  return { text: text.slice(0, text.length - values.length), values: values.trim() }
}

/** The same for the same text, whatever its line breaks and escapes are. */
export const keyOf = (text: string): string => splitEnum(text).text.replace(/[\s\\]+/g, '')
