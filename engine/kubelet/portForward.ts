/**
 * Connections into a pod's network namespace, over one stream: `{connection, port}` asks whether the port is open,
 * with `request` it is an HTTP request; back come `{connection, opened}`, `{connection, response}` or
 * `{connection, error}`. Models pkg/kubelet/cri/streaming/portforward and containerd's sandbox_portforward_linux.go.
 * Not modelled: what is not HTTP.
 */
import type { HttpRequest, HttpResponse } from '../fabric/http.ts'
import type { Core } from './core.ts'
import type { Listeners } from './listeners.ts'
import { hexOf } from './state.ts'
import type { PodRecord } from './state.ts'

export interface ForwardInput {
  connection: number
  port: number
  request?: HttpRequest
}

export type ForwardOutput = { connection: number } & ({ opened: true } | { response: HttpResponse } | { error: string })

export function isForwardInput(input: unknown): input is ForwardInput {
  return typeof input === 'object' && input !== null && 'connection' in input && 'port' in input
}

/** Where a client of the pod's own loopback seems to come from. */
const LOOPBACK = '127.0.0.1'

/** What comes back for one message into the stream. */
export function forwarded(
  core: Core,
  listeners: Listeners,
  record: PodRecord | undefined,
  sandbox: string,
  { connection, port, request }: ForwardInput,
): ForwardOutput {
  const failed = (why: string): ForwardOutput => ({
    connection,
    error: `error forwarding port ${port} to pod ${sandbox}, uid : ${why}`,
  })
  if (record?.sandbox?.ready !== true) return failed(`failed to find sandbox "${sandbox}" in store: not found`)
  const address = record.ip ?? core.nodeFacts().hostIP
  const isKnown = listeners.listening(address, port) !== undefined
  const isOpen = isKnown || core.ports.dial?.dial(address, LOOPBACK, port) === 'open'
  if (!isOpen) return failed(refusedText(core, record, sandbox, port))
  if (request === undefined) return { connection, opened: true }
  const response = listeners.respond(address, port, request, LOOPBACK)
  return response === undefined ? failed(`not simulated: what listens on port ${port}`) : { connection, response }
}

function refusedText(core: Core, record: PodRecord, sandbox: string, port: number): string {
  const refused = (family: string, address: string): string =>
    `dial ${family} ${address}:${port}: connect: connection refused`
  const both = `IPv4: ${refused('tcp4', LOOPBACK)} IPv6 ${refused('tcp6', '[::1]')} `
  if (record.pod.spec?.hostNetwork === true)
    return `failed to execute portforward in network namespace "host": failed to connect to localhost:${port} inside namespace "${sandbox}", ${both}`
  const namespace = `/var/run/netns/cni-${uuidOf(`${core.nodeName}/${sandbox}`)}`
  return `failed to execute portforward in network namespace "${namespace}": failed to connect to localhost:${port} inside namespace "${sandbox}", ${both}`
}

function uuidOf(text: string): string {
  const hex = hexOf(text, 32)
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-')
}
