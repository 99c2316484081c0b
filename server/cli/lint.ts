import type { Command } from 'commander'
export function addLint(program: Command): void {
  program.command('lint')
}
