import { join } from 'node:path'

import { describe } from 'vitest'

import { RaftScript } from './etcd-script.ts'
import { replayFolder } from './replay.ts'

describe('etcd, who says what to whom (H1)', () => {
  replayFolder(join(import.meta.dirname, 'etcd'), () => new RaftScript())
})
