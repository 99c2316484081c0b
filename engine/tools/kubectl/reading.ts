/** The verbs that only read, in order of kubectl's help. */
import type { Command } from './command.ts'
import { getCommand } from './verbs/get.ts'

export const readCommands: readonly Command[] = [getCommand]
