import type { Command } from 'commander'
export function addGrade(program: Command): void {
  program.command('grade')
}
