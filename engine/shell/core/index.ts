/** The core programs by name. */
import type { Program } from '../../host/process.ts'
import { diffPrograms } from './diff.ts'
import { grepPrograms } from './grep.ts'
import { lentPrograms } from './lent.ts'
import { linePrograms } from './lines.ts'
import { runnerPrograms } from './runners.ts'
import { simplePrograms } from './simple.ts'
import { textPrograms } from './text.ts'

export const corePrograms: Readonly<Record<string, Program>> = {
  ...lentPrograms,
  ...diffPrograms,
  ...linePrograms,
  ...grepPrograms,
  ...textPrograms,
  ...simplePrograms,
  ...runnerPrograms,
}
