import { spawn } from 'node:child_process'

export interface Ran {
  code: number | null
  stdout: string
  stderr: string
}

export interface RunOptions {
  stdin?: string
  /** Ends the command when its output matches. */
  until?: RegExp
  timeoutMs?: number
  /** Told when the first output comes. */
  onOutput?: () => void
  env?: Record<string, string>
  cwd?: string
}

/** Runs a program to its end, or until its output matches. */
export function run(path: string, args: string[], options: RunOptions = {}): Promise<Ran> {
  const { stdin = '', until, onOutput, timeoutMs = 60_000, env = {}, cwd } = options
  const child = spawn(path, args, { env: { ...process.env, ...env }, ...(cwd !== undefined && { cwd }) })
  const ran: Ran = { code: null, stdout: '', stderr: '' }
  const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs)
  child.stdout.on('data', (text: Buffer) => {
    ran.stdout += text.toString()
    onOutput?.()
    if (until?.test(ran.stdout) === true) child.kill('SIGINT')
  })
  child.stderr.on('data', (text: Buffer) => void (ran.stderr += text.toString()))
  child.stdin.on('error', () => undefined)
  child.stdin.end(stdin)
  return new Promise(
    (resolve) =>
      void child.on('close', (code) => {
        clearTimeout(timer)
        resolve({ ...ran, code })
      }),
  )
}
