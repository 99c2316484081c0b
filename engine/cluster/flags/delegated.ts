/**
 * What the manager and the scheduler check of their own serving: port, certificate, and whom they ask about
 * their callers. Models apiserver server/options/{serving,authentication,authorization}.go.
 */
import { listenProblem } from './host.ts'
import type { FlagHost } from './host.ts'
import { caBundleProblem, pairFilesProblem } from './key-pairs.ts'
import { kubeconfigProblem } from './kubeconfig.ts'
import type { Flags } from './pflag.ts'

export function servingPortProblems(flags: Flags): string[] {
  const port = flags.number('secure-port')
  return port < 0 || port > 65_535
    ? [`--secure-port ${port} must be between 0 and 65535, inclusive. 0 for turning off secure port`]
    : []
}

export function servingProblem(flags: Flags, host: FlagHost): string | undefined {
  const port = flags.number('secure-port')
  if (port === 0) return undefined
  const address = flags.text('bind-address')
  const problem = listenProblem(host, address, port)
  return (
    (problem && `failed to create listener: failed to listen on ${address}:${port}: ${problem}`) ??
    pairFilesProblem(host, flags.text('tls-cert-file'), flags.text('tls-private-key-file'))
  )
}

export function delegatedProblem(flags: Flags, host: FlagHost): string | undefined {
  if (flags.number('secure-port') === 0) return undefined
  const conf = (name: string): string | undefined =>
    flags.text(name) === '' ? undefined : kubeconfigProblem(host, flags.text(name))
  const authentication = conf('authentication-kubeconfig')
  if (authentication !== undefined) {
    const what = 'failed to get delegated authentication kubeconfig'
    return `${what}: ${what}: ${authentication}`
  }
  const client = caBundleProblem(host, 'client-ca-bundle', flags.text('client-ca-file'))
  if (client !== undefined) return `unable to load client CA provider: ${client}`
  const header = caBundleProblem(host, 'request-header', flags.text('requestheader-client-ca-file'))
  if (header !== undefined) return `unable to create request header authentication config: ${header}`
  const authorization = conf('authorization-kubeconfig')
  return authorization && `failed to get delegated authorization kubeconfig: ${authorization}`
}
