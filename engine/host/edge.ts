/**
 * The one edge with promises: text tools (awk, yq …) of the kept library just-bash, whose
 * commands are asynchronous. A call is begun by the process runtime; when the promises of all begun
 * calls are settled, the results go into the kernel's queue in the order of the calls' numbers, at
 * the instant that still stands. `advance` moves time without passing a pending call.
 */
import { Bash, createCommandContext } from 'just-bash'
import type { CommandName, IFileSystem } from 'just-bash'
import { lettersOfText, textOfLetters } from './bytes.ts'
import type { Kernel, VirtualMs } from '../kernel/kernel.ts'
import { RUNTIME_ADDRESS } from './pending.ts'
import { ToolFiles } from './tool-files.ts'
import type { ToolPlace } from './tool-files.ts'

/** The tools that are lent by just-bash. */
const TOOLS = [
  'awk',
  'yq',
  'cut',
  'tr',
  'paste',
  'rev',
  'fold',
  'expand',
  'unexpand',
  'column',
  'join',
  'comm',
  'strings',
  'expr',
  'md5sum',
  'sha1sum',
  'sha256sum',
  'sort',
  'uniq',
  'tree',
  'gzip',
  'gunzip',
  'zcat',
  'tar',
  'nl',
] as const satisfies readonly CommandName[]

export interface ToolCall {
  pid: number
  token: number
  argv: string[]
  stdin: string
}

export interface ToolResult {
  stdout: string
  stderr: string
  code: number
}

interface RunnableCommand {
  execute(
    args: string[],
    context: unknown,
  ): Promise<{ stdout: string; stderr: string; exitCode: number; stdoutKind?: string; stdoutEncoding?: string }>
}

let commands: Map<string, RunnableCommand> | undefined

/** The library keeps its commands by name in the interpreter object; nothing of the interpreter runs. */
function commandOf(name: string): RunnableCommand | undefined {
  commands ??= (new Bash({ commands: [...TOOLS] }) as unknown as { commands: Map<string, RunnableCommand> }).commands
  return commands.get(name)
}

export class Edge {
  private pending: { call: ToolCall; result: Promise<ToolResult> }[] = []
  private kernel: Kernel | undefined

  attach(kernel: Kernel): void {
    this.kernel = kernel
  }

  /** Whether a tool is at work. */
  get busy(): boolean {
    return this.pending.length > 0
  }

  begin(call: ToolCall, place: ToolPlace): void {
    this.pending.push({ call, result: Promise.resolve().then(() => runTool(call, place)) })
  }

  /** Settles when no tool is at work; their results are then in the queue. */
  async idle(): Promise<void> {
    while (this.pending.length > 0) {
      const batch = this.pending
      const results = await Promise.all(batch.map(({ result }) => result))
      if (batch !== this.pending && this.pending.length === 0) return
      this.pending = this.pending.slice(batch.length)
      batch.forEach(({ call: { pid, token } }, index) => {
        this.kernel?.send({ to: RUNTIME_ADDRESS, type: 'tool.done', data: { pid, token, result: results[index] } })
      })
    }
  }

  /** Forgets the calls at work, as a restore must: it begins them anew. */
  clear(): void {
    this.pending = []
  }
}

async function runTool(call: ToolCall, place: ToolPlace): Promise<ToolResult> {
  const [name = '', ...args] = call.argv
  const command = commandOf(name)
  if (command === undefined) return { stdout: '', stderr: `${name}: not simulated: this tool\n`, code: 126 }
  const files = new ToolFiles(place)
  const env = new Map(Object.entries({ ...place.env, PWD: place.cwd }))
  const context = createCommandContext({
    fs: files as unknown as IFileSystem,
    stdin: lettersOfText(call.stdin) as never,
    cwd: place.cwd,
    env: env as never,
  })
  try {
    const { stdout, stderr, exitCode, stdoutKind, stdoutEncoding } = await command.execute(args, context)
    const isBytes = stdoutKind === 'bytes' || stdoutEncoding === 'binary'
    return { stdout: isBytes ? textOfLetters(stdout) : stdout, stderr, code: exitCode }
  } catch (error) {
    return { stdout: '', stderr: `${name}: ${error instanceof Error ? error.message : String(error)}\n`, code: 2 }
  }
}

/** Moves the kernel to `untilMs`, letting tools finish at the instant in which they began. */
export async function advance(kernel: Kernel, edge: Edge, untilMs: VirtualMs): Promise<void> {
  for (let at = kernel.nextAt(); ; at = kernel.nextAt()) {
    if (edge.busy) await edge.idle()
    else if (at !== undefined && at <= untilMs) kernel.step()
    else break
  }
  kernel.runUntil(untilMs)
}
