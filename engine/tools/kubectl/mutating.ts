/** The verbs that change something, in order of kubectl's help. */
import type { Command } from './command.ts'

export const mutatingCommands: readonly Command[] = []
