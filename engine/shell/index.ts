/** The public face of the shell: programs to put into the registry, and terminals. */
import type { Program } from '../host/process.ts'
import { corePrograms } from './core/index.ts'
import { bash } from './program.ts'

/** Every program of this folder by the name that executables carry. */
export const shellPrograms: Readonly<Record<string, Program>> = {
  ...corePrograms,
  bash,
  sh: bash,
  dash: bash,
  rbash: bash,
}

export { registerCompleter } from './completion.ts'
export type { Completer } from './completion.ts'
export { loginEnvironment, runScript, takeScript, Terminals } from './terminals.ts'
export type { ScriptOptions, TerminalOptions } from './terminals.ts'
