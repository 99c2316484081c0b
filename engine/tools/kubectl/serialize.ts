/** YAML and JSON as kubectl prints and reads them. */
import { makeJson as jsonText } from '../../objects/yaml.ts'

export { makeCompactJson, makeYaml, parseYamlDocuments, YamlError } from '../../objects/yaml.ts'

/** JSON with four spaces, keys in order, and a newline at the end. */
export const makeJson = (value: unknown): string => `${jsonText(value).replace(/\n$/, '')}\n`
