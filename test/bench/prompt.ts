/** The first prompt as a page waits for it: POST of the attempt, the socket, a terminal, the prompt's bytes. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Flight } from '../../engine/index.ts'
import { ScenarioDesk } from '../../server/desk.ts'
import { Store } from '../../server/storage/store.ts'
import { startTrainer } from '../../server/trainer/trainer.ts'
import { Learner } from '../server/learner.ts'

const SCENARIO = 'bad-image-rollout'

/** A trainer that is up. What comes back measures one attempt and takes the trainer down again. */
export async function stagePrompt(seed: string): Promise<() => Promise<number>> {
  const folder = mkdtempSync(join(tmpdir(), 'kubeflight-bench-'))
  const store = await Store.open(join(folder, 'attempts.db'))
  const desk = new ScenarioDesk('scenarios', () => undefined)
  const trainer = await startTrainer({
    host: '127.0.0.1',
    port: 0,
    web: join(folder, 'no-page'),
    store,
    desk,
    hangar: Flight,
  })
  return async () => {
    const from = performance.now()
    const learner = new Learner(trainer.url)
    const attempt = await learner.start(SCENARIO, { seed })
    const screen = await learner.look(attempt.id)
    await screen.open()
    const took = performance.now() - from
    screen.close()
    await trainer.close()
    rmSync(folder, { recursive: true })
    return took
  }
}
