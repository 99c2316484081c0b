/** The commands that a shell carries out itself. */
import { directoryBuiltins } from './directories.ts'
import { flowBuiltins } from './flow.ts'
import { jobBuiltins } from './jobs.ts'
import { nameBuiltins } from './names.ts'
import { outputBuiltins } from './output.ts'
import { readBuiltins } from './read.ts'
import type { Builtin } from './builtin.ts'

export const BUILTINS: Readonly<Record<string, Builtin>> = {
  ...directoryBuiltins,
  ...flowBuiltins,
  ...jobBuiltins,
  ...nameBuiltins,
  ...outputBuiltins,
  ...readBuiltins,
}
