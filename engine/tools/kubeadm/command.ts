/** What a command of kubeadm is. */
import type { Proc, Run } from '../../host/process.ts'
import type { FlagSpec, FlagValues } from '../kubectl/flags.ts'
import { minorOf, featuresOf } from './release.ts'
import type { Features } from './release.ts'

/** One invocation. */
export interface Context {
  p: Proc
  /** `token create` */
  path: string
  args: string[]
  flags: FlagValues
  /** kubeadm's own version, `v1.35.3`. */
  version: string
  features: Features
}

export interface Command {
  /** Path under kubeadm, such as `token create`. */
  path: string
  /** Arguments as usage shows them: `[token]`. */
  takes?: string
  short: string
  long?: string
  flags?: readonly FlagSpec[]
  /** Other names of its last word. */
  aliases?: readonly string[]
  /** How many arguments are taken; 0 unless told. */
  maxArgs?: number
  /** Does it. Throws KubeadmError for what goes wrong; the result is the exit code (absent: 0). Absent: only a parent. */
  run?(ctx: Context): Run<number | void>
}

/** The version of the binary that runs. */
export function contextOf(p: Proc, path: string, args: string[], flags: FlagValues): Context {
  return { p, path, args, flags, version: `v${p.release}`, features: featuresOf(minorOf(p.release)) }
}
