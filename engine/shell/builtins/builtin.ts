import type { Run } from '../../host/process.ts'
import type { Shell } from '../shell.ts'

/** One builtin: `words[0]` is its name; the result is its status. */
export type Builtin = (sh: Shell, words: string[]) => Run<number>
