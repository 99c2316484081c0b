/** The engine in a worker: flies the fixed flight of engine-run.ts and says how it ended. */
import { runEngine } from './engine-run.ts'
import type { EngineRun } from './engine-run.ts'

export type EngineAnswer = { run: EngineRun } | { error: string }

const say = (answer: EngineAnswer): void => self.postMessage(answer, { transfer: [] })

runEngine().then(
  (run) => say({ run }),
  (error: unknown) => say({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
)
