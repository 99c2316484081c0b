/** The core programs by name. */
import type { Program } from '../../host/process.ts'
import { base64Programs } from './base64.ts'
import { bcPrograms } from './bc.ts'
import { ddPrograms } from './dd.ts'
import { diffPrograms } from './diff.ts'
import { dumpPrograms } from './dumps.ts'
import { findPrograms } from './find.ts'
import { grepPrograms } from './grep.ts'
import { tarPrograms } from '../../host/programs/tar.ts'
import { jqPrograms } from './jq.ts'
import { lentPrograms } from './lent.ts'
import { linePrograms } from './lines.ts'
import { runnerPrograms } from './runners.ts'
import { sed } from './sed.ts'
import { simplePrograms } from './simple.ts'
import { sumPrograms } from './sums.ts'
import { textPrograms } from './text.ts'

export const corePrograms: Readonly<Record<string, Program>> = {
  ...lentPrograms,
  ...jqPrograms,
  sed,
  ...tarPrograms(lentPrograms['tar']!),
  ...base64Programs,
  ...bcPrograms,
  ...ddPrograms,
  ...sumPrograms,
  ...diffPrograms,
  ...dumpPrograms,
  ...linePrograms,
  ...findPrograms,
  ...grepPrograms,
  ...textPrograms,
  ...simplePrograms,
  ...runnerPrograms,
}
