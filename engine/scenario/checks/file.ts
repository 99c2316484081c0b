import { parseYaml } from '../../objects/yaml.ts'
import { fields, flag, optional, text } from '../format/schema.ts'
import { hostName, matchValue, textMatch } from '../format/common.ts'
import { mismatch, show, textMismatch } from '../match.ts'
import { defineCheck, seen } from './check.ts'

/** A file on a host: its text, or what it says as YAML. */
export const file = defineCheck({
  schema: fields(
    {
      on: hostName,
      path: text('An absolute path.', { pattern: '^/' }),
      text: optional(textMatch('How the text must be.')),
      yaml: optional(matchValue),
      absent: optional(flag('The file must not exist.')),
    },
    'A file on a host exists, with a text, or with YAML that matches.',
  ),
  wanted: (of) => {
    if (of.absent === true) return `no ${of.path} on ${of.on}`
    const content = of.yaml ?? of.text
    return content === undefined ? `${of.path} on ${of.on}` : `${of.path} on ${of.on} with ${show(content)}`
  },
  observe: async (of, { view }) => {
    const found = await view.file(of.on, of.path)
    if (of.absent === true) return seen(found === undefined, found === undefined ? 'no file' : 'the file exists')
    if (found === undefined) return seen(false, `no ${of.path}`)
    const wrong =
      (of.text === undefined ? undefined : textMismatch(of.text, found)) ??
      (of.yaml === undefined ? undefined : yamlMismatch(of.yaml, found))
    return wrong === undefined
      ? seen(true, 'as wanted')
      : seen(false, wrong.path === '' ? wrong.found : `${wrong.path}: ${wrong.found} (wanted ${wrong.wanted})`)
  },
  mentions: (of) => [
    { what: 'host', text: of.on },
    { what: 'path', text: of.path },
  ],
})

function yamlMismatch(wanted: unknown, text: string): { path: string; found: string; wanted: string } | undefined {
  try {
    return mismatch(wanted, parseYaml(text))
  } catch (error) {
    return {
      path: '',
      found: `not YAML: ${error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)}`,
      wanted: show(wanted),
    }
  }
}
