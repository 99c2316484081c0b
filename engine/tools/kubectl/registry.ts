/** All verbs, by path. */
import type { Command } from './command.ts'
import { mutatingCommands } from './mutating.ts'
import { readCommands } from './reading.ts'

const commands = new Map<string, Command>(
  [...readCommands, ...mutatingCommands].map((command) => [command.path, command]),
)

/** The verb at a path, such as `create deployment`; undefined when it is only a group, or not simulated. */
export const commandAt = (path: string): Command | undefined => commands.get(path)
