/** A command in a pod, over client-node's WebSocket. */
import { PassThrough } from 'node:stream'
import { Exec } from '@kubernetes/client-node'
import type { KubeConfig, V1Status } from '@kubernetes/client-node'
import type { CommandResult } from '../../engine/index.ts'

/** What `timeout` exits with. */
export const TIMED_OUT = 124

export async function execInPod(
  config: KubeConfig,
  at: { namespace: string; pod: string; container: string },
  command: string[],
  timeoutMs: number,
): Promise<CommandResult> {
  const stdout = collect()
  const stderr = collect()
  const status = await new Promise<V1Status | 'timeout'>((resolve, reject) => {
    let hangUp = (): void => {}
    const timer = setTimeout(() => {
      hangUp()
      resolve('timeout')
    }, timeoutMs)
    const failed = (error: unknown): void => {
      clearTimeout(timer)
      reject(error instanceof Error ? error : new Error(`exec in ${at.namespace}/${at.pod}: ${describe(error)}`))
    }
    const done = (answer: V1Status): void => {
      clearTimeout(timer)
      resolve(answer)
    }
    const opened = new Exec(config).exec(
      at.namespace,
      at.pod,
      at.container,
      command,
      stdout.stream,
      stderr.stream,
      null,
      false,
      done,
    )
    opened.then((socket) => {
      hangUp = () => socket.close()
      socket.addEventListener('error', failed)
      // The status comes before the end of the stream; an end without one is a broken connection.
      socket.addEventListener('close', () =>
        failed(new Error(`exec in ${at.namespace}/${at.pod}: the connection ended without a status`)),
      )
    }, failed)
  })
  if (status === 'timeout')
    return { code: TIMED_OUT, stdout: stdout.text(), stderr: `${stderr.text()}timed out after ${timeoutMs / 1000} s\n` }
  return { code: codeOf(status), stdout: stdout.text(), stderr: stderr.text() }
}

function collect(): { stream: PassThrough; text(): string } {
  const chunks: Buffer[] = []
  const stream = new PassThrough()
  stream.on('data', (chunk: Buffer) => chunks.push(chunk))
  return { stream, text: () => Buffer.concat(chunks).toString('utf8') }
}

function codeOf(status: V1Status): number {
  if (status.status === 'Success') return 0
  const cause = status.details?.causes?.find(({ reason }) => reason === 'ExitCode')
  return cause?.message === undefined ? 1 : Number(cause.message)
}

function describe(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'message' in error) return String(error.message)
  return String(error)
}
