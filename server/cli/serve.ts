import type { Command } from 'commander'
export function addServe(program: Command): void {
  program.command('serve')
}
