/** `kubeflight …` as a process of its own. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const BIN = fileURLToPath(new URL('../../bin/kubeflight.js', import.meta.url))

export interface Finished {
  code: number | null
  stdout: string
  stderr: string
}

function start(
  args: string[],
  env: Record<string, string> = {},
): { child: ChildProcess; output: { stdout: string; stderr: string } } {
  const child = spawn(process.execPath, [BIN, ...args], {
    env: { ...process.env, NO_COLOR: '1', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const output = { stdout: '', stderr: '' }
  child.stdout?.on('data', (text: Buffer) => void (output.stdout += text.toString()))
  child.stderr?.on('data', (text: Buffer) => void (output.stderr += text.toString()))
  return { child, output }
}

export function runCli(args: string[], stdin = ''): Promise<Finished> {
  const { child, output } = start(args)
  child.stdin?.end(stdin)
  return new Promise((resolve) => void child.on('close', (code) => resolve({ code, ...output })))
}

export interface Running {
  match: RegExpExecArray
  stop: (signal: NodeJS.Signals) => Promise<Finished>
}

/** Starts a command that goes on, and waits until its output matches. */
export async function startCli(args: string[], ready: RegExp): Promise<Running> {
  const { child, output } = start(args)
  const closed = new Promise<Finished>((resolve) => void child.on('close', (code) => resolve({ code, ...output })))
  const deadline = Date.now() + 40_000
  for (let match = ready.exec(output.stdout); ; match = ready.exec(output.stdout)) {
    if (match !== null) return { match, stop: (signal) => (child.kill(signal), closed) }
    if (child.exitCode !== null || Date.now() > deadline)
      throw new Error(`kubeflight ${args.join(' ')}: ${output.stdout}${output.stderr}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
