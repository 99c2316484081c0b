/** A trainer of the test's own: `kubeflight serve` on a free port, with a data folder that goes when it goes. */
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const ADDRESS = /http:\/\/[^\s/]+:(\d+)/
const START_LIMIT_MS = 60_000

export class Trainer {
  private process: ChildProcess | undefined
  private port = '0'
  private readonly data = mkdtempSync(join(tmpdir(), 'kubeflight-e2e-'))

  get url(): string {
    return `http://127.0.0.1:${this.port}`
  }

  /** Starts it; a second start takes the port of the first. */
  async start(): Promise<void> {
    if (!existsSync(join(ROOT, 'dist/web/index.html')))
      throw new Error('The page is not built: run `npm run build` first.')
    const child = spawn(process.execPath, ['bin/kubeflight.js', 'serve', '--port', this.port, '--data', this.data], {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.process = child
    this.port = await addressOf(child)
  }

  /** Ends it without giving it time to tidy up. */
  async kill(): Promise<void> {
    const { process: child } = this
    this.process = undefined
    if (child === undefined || child.exitCode !== null) return
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
  }

  async dispose(): Promise<void> {
    await this.kill()
    rmSync(this.data, { recursive: true, force: true })
  }
}

/** The port that the trainer says it listens on. Throws with what it said when it says none. */
function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    const give = (why: string) => reject(new Error(`the trainer did not start (${why}):\n${said}`))
    const timer = setTimeout(() => give('no address in time'), START_LIMIT_MS)
    const read = (chunk: Buffer) => {
      said += chunk.toString()
      const port = ADDRESS.exec(said)?.[1]
      if (port === undefined) return
      clearTimeout(timer)
      resolve(port)
    }
    child.stdout?.on('data', read)
    child.stderr?.on('data', read)
    child.once('exit', (code) => {
      clearTimeout(timer)
      give(`exit code ${code}`)
    })
  })
}
