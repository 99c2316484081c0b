/**
 * Flags of kube-apiserver that act here, read from its command line; all others are accepted without effect.
 * Models pkg/kubeapiserver/options (admission, authorization) and apiserver admission/config.go.
 */
import { pluginProblems } from '../api/pipeline/admission/plugins.ts'
import type { ApiFlags } from '../api/flags.ts'
import { parseYaml } from '../objects/yaml.ts'
import { parseComponentFlags } from './component-flags.ts'

const MODES = ['AlwaysAllow', 'AlwaysDeny', 'ABAC', 'Webhook', 'RBAC', 'Node']
const SIMULATED_MODES = ['AlwaysAllow', 'AlwaysDeny', 'RBAC', 'Node']

const listOf = (text: string | undefined): string[] =>
  text === undefined || text === '' ? [] : text.split(',').map((word) => word.trim())

/** The flags, or the text with which the process ends. `read` gives a file of the host. */
export function apiServerFlags(
  argv: readonly string[],
  minor: number,
  read: (path: string) => string | undefined,
): Partial<ApiFlags> | { error: string } {
  const flags = parseComponentFlags(argv)
  const enablePlugins = listOf(flags.get('enable-admission-plugins'))
  const disablePlugins = listOf(flags.get('disable-admission-plugins'))
  // Without a command line of its own a server is as kubeadm sets it up.
  const authorizationModes =
    argv.length === 0 ? ['Node', 'RBAC'] : listOf(flags.get('authorization-mode') ?? 'AlwaysAllow')
  const config = admissionConfig(flags.get('admission-control-config-file'), read)
  const problems = [
    ...authorizationProblems(authorizationModes),
    ...pluginProblems(minor, enablePlugins, disablePlugins),
    ...('error' in config ? [config.error as string] : []),
  ]
  if (problems.length > 0)
    return { error: problems.length === 1 ? (problems[0] as string) : `[${problems.join(', ')}]` }
  return {
    enablePlugins,
    disablePlugins,
    authorizationModes,
    admissionConfig: config as Record<string, unknown>,
    ...secondsFlag(flags, 'default-not-ready-toleration-seconds', 'notReadyTolerationSeconds'),
    ...secondsFlag(flags, 'default-unreachable-toleration-seconds', 'unreachableTolerationSeconds'),
    ...(flags.has('anonymous-auth') && { anonymousAuth: flags.get('anonymous-auth') !== 'false' }),
    ...(listOf(flags.get('feature-gates')).includes('OpenAPIEnums=false') && { openapiEnums: false }),
  }
}

function secondsFlag(
  flags: Map<string, string>,
  name: string,
  field: 'notReadyTolerationSeconds' | 'unreachableTolerationSeconds',
): Partial<ApiFlags> {
  const value = Number(flags.get(name) ?? NaN)
  return Number.isNaN(value) ? {} : { [field]: value }
}

function authorizationProblems(modes: string[]): string[] {
  const unknown = modes.filter((mode) => !MODES.includes(mode))
  const twice = modes.filter((mode, index) => modes.indexOf(mode) !== index)
  return [
    ...unknown.map((mode) => `authorization-mode ${JSON.stringify(mode)} is not a valid mode`),
    ...(twice.length > 0
      ? [
          `authorization-mode [${modes.map((mode) => JSON.stringify(mode)).join(' ')}] has mode specified more than once`,
        ]
      : []),
    ...modes
      .filter((mode) => MODES.includes(mode) && !SIMULATED_MODES.includes(mode))
      .map((mode) => `not simulated: --authorization-mode=${mode}`),
  ]
}

interface Configured {
  name?: string
  path?: string
  configuration?: unknown
}

/** Each plugin's configuration, given in the file itself or in one that it names. */
function admissionConfig(
  path: string | undefined,
  read: (path: string) => string | undefined,
): Record<string, unknown> | { error: string } {
  if (path === undefined || path === '') return {}
  const text = read(path)
  if (text === undefined)
    return {
      error: `failed to read plugin config: unable to read admission control configuration from ${JSON.stringify(path)} [open ${path}: no such file or directory]`,
    }
  const { plugins = [] } = (parsed(text) ?? {}) as { plugins?: Configured[] }
  const configs: Record<string, unknown> = {}
  for (const { name, path: file, configuration } of plugins)
    if (name !== undefined) configs[name] = configuration ?? parsed(read(besides(path, file ?? '')) ?? '')
  return configs
}

/** Paths in the file are relative to it. */
const besides = (path: string, file: string): string =>
  file.startsWith('/') ? file : `${path.slice(0, path.lastIndexOf('/') + 1)}${file}`

function parsed(text: string): unknown {
  try {
    return parseYaml(text)
  } catch {
    return undefined
  }
}

/** How a component says that it could not start. Models component-base/cli/run.go. */
export function commandFailed(clockMs: number, error: string): string {
  const time = new Date(clockMs).toISOString()
  const head = `E${time.slice(5, 7)}${time.slice(8, 10)} ${time.slice(11, 19)}.${time.slice(20, 23)}000       1 run.go:72]`
  return `${head} "command failed" err=${JSON.stringify(error)}\n`
}
