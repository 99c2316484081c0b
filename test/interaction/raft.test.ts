import { join } from 'node:path'

import { describe } from 'vitest'

import { NodeScript } from './raft-script.ts'
import { replayFolder } from './replay.ts'

describe('Raft, step by step (H1, H2)', () => {
  replayFolder(join(import.meta.dirname, 'raft'), () => new NodeScript())
})
