/** A kubeconfig as a component loads it at its start. Models client-go tools/clientcmd. */
import { parseYaml, YamlError } from '../../objects/yaml.ts'
import { fieldOf, listOf, textOf } from './config-file.ts'
import type { FlagHost } from './host.ts'
import { openProblem } from './host.ts'
import { pairProblem } from './key-pairs.ts'
import { quoted } from './values.ts'

const EMPTY =
  'invalid configuration: no configuration has been provided, try setting KUBERNETES_MASTER environment variable'

/** Why a client cannot be made of the file; undefined: it can, whoever answers then. */
export function kubeconfigProblem(host: FlagHost, path: string): string | undefined {
  if (host.sound?.([path]) === true) return undefined
  const text = host.kindOf(path) === 'file' ? host.read(path) : undefined
  if (text === undefined)
    return host.kindOf(path) === 'directory'
      ? `error loading config file ${quoted(path)}: read ${path}: is a directory`
      : `stat ${path}: no such file or directory`
  return loadProblem(path, text) ?? configProblem(host, path, parseYaml(text))
}

function loadProblem(path: string, text: string): string | undefined {
  try {
    const value = parseYaml(text)
    if (value === null || typeof value === 'object') return undefined
    return `error loading config file ${quoted(path)}: couldn't get version/kind; json parse error: json: cannot unmarshal ${typeof value} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`
  } catch (error) {
    if (!(error instanceof YamlError)) throw error
    return `error loading config file ${quoted(path)}: ${error.message.replace('error converting YAML to JSON: ', '')}`
  }
}

function named(config: unknown, list: string, name: string): unknown {
  return listOf(fieldOf(config, list)).find((entry) => fieldOf(entry, 'name') === name)
}

function configProblem(host: FlagHost, path: string, config: unknown): string | undefined {
  const { kind, apiVersion } = (config ?? {}) as { kind?: unknown; apiVersion?: unknown }
  const isOther = (kind !== undefined && kind !== 'Config') || (apiVersion !== undefined && apiVersion !== 'v1')
  if (isOther)
    return `error loading config file ${quoted(path)}: no kind ${quoted(textOf(kind))} is registered for version ${quoted(textOf(apiVersion))} in scheme "pkg/runtime/scheme.go:100"`
  const current = textOf(fieldOf(config, 'current-context'))
  const clusters = listOf(fieldOf(config, 'clusters'))
  if (clusters.length === 0 && current === '') return EMPTY
  const context = named(config, 'contexts', current)
  if (current !== '' && context === undefined)
    return `invalid configuration: context was not found for specified context: ${current}`
  return clusterProblem(host, path, config, context)
}

function clusterProblem(host: FlagHost, path: string, config: unknown, context: unknown): string | undefined {
  const clusterName = textOf(fieldOf(context, 'context', 'cluster'))
  const userName = textOf(fieldOf(context, 'context', 'user'))
  const cluster = fieldOf(named(config, 'clusters', clusterName), 'cluster')
  const user = fieldOf(named(config, 'users', userName), 'user')
  const problems = [
    ...(userName !== '' && named(config, 'users', userName) === undefined && context !== undefined
      ? [`user ${quoted(userName)} was not found for context ${quoted(textOf(fieldOf(context, 'name')))}`]
      : []),
    ...(clusterName !== '' && cluster === undefined
      ? [`cluster ${quoted(clusterName)} was not found for context ${quoted(textOf(fieldOf(context, 'name')))}`]
      : []),
    ...(cluster !== undefined && textOf(fieldOf(cluster, 'server')) === '' ? ['cluster has no server defined'] : []),
    ...filesProblems(host, path, user, cluster),
  ]
  if (problems.length > 0)
    return `invalid configuration: ${problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`}`
  return dataProblem(host, path, user, cluster)
}

const beside = (path: string, file: string): string =>
  file === '' || file.startsWith('/') ? file : `${path.slice(0, path.lastIndexOf('/') + 1)}${file}`

function filesProblems(host: FlagHost, path: string, user: unknown, cluster: unknown): string[] {
  const wanted = [
    ['certificate-authority', textOf(fieldOf(cluster, 'certificate-authority')), 'due to'],
    ['client-cert', textOf(fieldOf(user, 'client-certificate')), 'due to'],
    ['client-key', textOf(fieldOf(user, 'client-key')), 'due to'],
  ] as const
  return wanted.flatMap(([what, file]) => {
    const full = beside(path, file)
    const problem = full === '' ? undefined : openProblem(host, full)
    if (problem === undefined) return []
    return what === 'certificate-authority'
      ? [`unable to read certificate-authority ${full} for ${textOf(fieldOf(cluster, 'name'))} due to ${problem}`]
      : [`unable to read ${what} ${full} for ${textOf(fieldOf(user, 'name'))} due to ${problem}`]
  })
}

function dataProblem(host: FlagHost, path: string, user: unknown, cluster: unknown): string | undefined {
  const part = (name: string): string => {
    const data = textOf(fieldOf(user, `${name}-data`))
    return data === '' ? (host.read(beside(path, textOf(fieldOf(user, name)))) ?? '') : (decodeBase64(data) ?? '')
  }
  for (const data of [
    fieldOf(cluster, 'certificate-authority-data'),
    fieldOf(user, 'client-certificate-data'),
    fieldOf(user, 'client-key-data'),
  ]) {
    const at = illegalAt(textOf(data))
    if (at !== undefined) return `error loading config file ${quoted(path)}: illegal base64 data at input byte ${at}`
  }
  const [certificate, key] = [part('client-certificate'), part('client-key')]
  return certificate === '' && key === '' ? undefined : pairProblem(certificate, key)
}

function decodeBase64(text: string): string | undefined {
  try {
    return atob(text.replaceAll(/\s/g, ''))
  } catch {
    return undefined
  }
}

/** Where Go stops to read base64; undefined: it is well formed. */
function illegalAt(text: string): number | undefined {
  const clean = text.replaceAll(/[\r\n]/g, '')
  const odd = clean.search(/[^A-Za-z\d+/=]/)
  if (odd >= 0) return odd
  const padding = clean.indexOf('=')
  if (padding >= 0 && !/^=+$/.test(clean.slice(padding))) return padding
  return clean.length % 4 === 0 ? undefined : clean.length
}
