/**
 * The hosts of a real cluster. `base` is this machine, with KUBECONFIG set. A node is a host when its container is
 * here, as kind's are; of other nodes only the API can tell, and what needs their shell is not supported.
 */
import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { NotSupported } from '../../engine/index.ts'
import type { CommandResult } from '../../engine/index.ts'
import { TIMED_OUT } from './exec.ts'

export interface HostsOptions {
  kubeconfig: string
  /** The container of a host, where it is not called like the host: `{"worker-1": "kind-worker"}`. */
  containers?: Record<string, string>
}

const OUTPUT_LIMIT = 16 * 1024 * 1024
const UNIT_TIMEOUT_MS = 10_000

export class RealHosts {
  private readonly options: HostsOptions

  constructor(options: HostsOptions) {
    this.options = options
  }

  /** Runs a shell command on a host. Throws NotSupported for a node without a container here. */
  async run(host: string, user: string | undefined, command: string, timeoutMs: number): Promise<CommandResult> {
    if (host === 'base')
      return runProgram('bash', ['-c', command], timeoutMs, { ...process.env, KUBECONFIG: this.options.kubeconfig })
    const container = await this.container(host)
    const asUser = user === undefined || user === 'root' ? [] : ['-u', user]
    return runProgram('docker', ['exec', ...asUser, container, 'bash', '-c', command], timeoutMs)
  }

  async file(host: string, path: string): Promise<string | undefined> {
    if (host === 'base') return readFile(path, 'utf8').catch(absent)
    const { code, stdout } = await runProgram(
      'docker',
      ['exec', await this.container(host), 'cat', path],
      UNIT_TIMEOUT_MS,
    )
    return code === 0 ? stdout : undefined
  }

  async writeFile(host: string, path: string, text: string): Promise<void> {
    if (host === 'base') return writeFile(path, text)
    const encoded = Buffer.from(text).toString('base64')
    const { code, stderr } = await this.run(
      host,
      'root',
      `mkdir -p "$(dirname '${path}')" && echo ${encoded} | base64 -d > '${path}'`,
      UNIT_TIMEOUT_MS,
    )
    if (code !== 0) throw new Error(`${path} on ${host}: ${stderr.trim()}`)
  }

  async unit(host: string, unit: string): Promise<{ active: boolean; enabled: boolean } | undefined> {
    const ask = (verb: string): Promise<CommandResult> =>
      this.run(host, 'root', `systemctl ${verb} '${unit}'`, UNIT_TIMEOUT_MS)
    const known = await ask('cat')
    if (known.code !== 0) return undefined
    return { active: (await ask('is-active')).code === 0, enabled: (await ask('is-enabled')).code === 0 }
  }

  /** `kill` takes the power at once, `start` gives it back, `restart` does both in order. */
  async power(host: string, verb: 'kill' | 'start' | 'restart'): Promise<void> {
    if (host === 'base') throw new NotSupported('base is this machine: its power is not for a scenario to take')
    const { code, stderr } = await runProgram('docker', [verb, await this.container(host)], 60_000)
    if (code !== 0) throw new Error(`docker ${verb} ${host}: ${stderr.trim()}`)
  }

  private async container(host: string): Promise<string> {
    const name = this.options.containers?.[host] ?? host
    const { code } = await runProgram('docker', ['inspect', '--type=container', name], UNIT_TIMEOUT_MS)
    if (code !== 0)
      throw new NotSupported(
        `no shell on ${host}: no container ${name} on this machine (only kind's nodes are reached)`,
      )
    return name
  }
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
  throw error
}

function runProgram(
  program: string,
  argv: string[],
  timeoutMs: number,
  env: NodeJS.ProcessEnv = process.env,
): Promise<CommandResult> {
  return new Promise((resolve) => {
    execFile(
      program,
      argv,
      { timeout: timeoutMs, maxBuffer: OUTPUT_LIMIT, env, killSignal: 'SIGKILL' },
      (error, stdout, stderr) => {
        if (error === null) return resolve({ code: 0, stdout, stderr })
        if (error.killed === true) return resolve({ code: TIMED_OUT, stdout, stderr })
        const code = typeof error.code === 'number' ? error.code : 127
        resolve({ code, stdout, stderr: stderr === '' && code === 127 ? `${error.message}\n` : stderr })
      },
    )
  })
}
