/** The flags of metrics-server. Models cmd/metrics-server/app/options (U5). */
export interface ServerOptions {
  /** --metric-resolution */
  resolutionMs: number
  /** --kubelet-request-timeout */
  requestTimeoutMs: number
  /** --kubelet-insecure-tls */
  insecure: boolean
  /** --kubelet-preferred-address-types */
  addressTypes: string[]
  /** --kubelet-port, where the node's status is not asked (--kubelet-use-node-status-port). */
  kubeletPort: number
  /** --secure-port */
  port: number
}

const DEFAULTS: ServerOptions = {
  resolutionMs: 60_000,
  requestTimeoutMs: 10_000,
  insecure: false,
  addressTypes: ['Hostname', 'InternalDNS', 'InternalIP', 'ExternalDNS', 'ExternalIP'],
  kubeletPort: 10_250,
  port: 443,
}
const LEAST_RESOLUTION_MS = 10_000

/** Flags that change nothing here. */
const TAKEN = new Set([
  'cert-dir',
  'kubelet-use-node-status-port',
  'kubelet-certificate-authority',
  'kubelet-client-certificate',
  'kubelet-client-key',
  'tls-cert-file',
  'tls-private-key-file',
  'v',
  'logtostderr',
  'authorization-always-allow-paths',
  'requestheader-client-ca-file',
  'requestheader-allowed-names',
  'node-selector',
  'kubeconfig',
  'bind-address',
  'tls-min-version',
  'tls-cipher-suites',
  'profiling',
  'contention-profiling',
  'deprecated-kubelet-completely-insecure',
])

const UNITS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

function durationMs(text: string): number | undefined {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)]
  if (parts.length === 0 || parts.map(([all]) => all).join('') !== text) return undefined
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (UNITS[unit as string] as number), 0)
}

const isTrue = (value: string | undefined): boolean => value === undefined || value === 'true' || value === '1'

/** Reads the command line; an error is what the program says before it ends with 1. */
export function parseOptions(argv: readonly string[]): ServerOptions | { error: string } {
  const options = { ...DEFAULTS }
  for (const word of argv) {
    if (!word.startsWith('-')) continue
    const [, name = '', value] = /^--?([^=]+)(?:=(.*))?$/s.exec(word) ?? []
    if (name === 'kubelet-insecure-tls') options.insecure = isTrue(value)
    else if (name === 'kubelet-preferred-address-types') options.addressTypes = (value ?? '').split(',')
    else if (name === 'secure-port') options.port = Number(value)
    else if (name === 'kubelet-port') options.kubeletPort = Number(value)
    else if (name === 'metric-resolution' || name === 'kubelet-request-timeout') {
      const ms = durationMs(value ?? '')
      if (ms === undefined)
        return {
          error: `Error: invalid argument "${value ?? ''}" for "--${name}" flag: time: invalid duration "${value ?? ''}"`,
        }
      if (name === 'metric-resolution') options.resolutionMs = ms
      else options.requestTimeoutMs = ms
    } else if (!TAKEN.has(name)) return { error: `Error: unknown flag: --${name}` }
  }
  if (options.resolutionMs < LEAST_RESOLUTION_MS)
    return {
      error: `panic: failed to parse flags: metric-resolution should be a time duration at least 10s, but value ${options.resolutionMs / 1000}s provided`,
    }
  return options
}
