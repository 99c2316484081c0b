import type { Command } from 'commander'
export function addSh(program: Command): void {
  program.command('sh')
}
