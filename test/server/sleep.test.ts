import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Flight } from '../../engine/index.ts'
import type { AttemptView } from '../../server/contract.ts'
import { ScenarioDesk } from '../../server/desk.ts'
import { Store } from '../../server/storage/store.ts'
import { startTrainer } from '../../server/trainer/trainer.ts'
import type { Trainer } from '../../server/trainer/trainer.ts'
import { Learner } from './learner.ts'

describe('an attempt that is left alone', () => {
  let folder = ''
  let trainer: Trainer
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kubeflight-'))
    const store = await Store.open(join(folder, 'attempts.db'))
    trainer = await startTrainer({
      host: '127.0.0.1',
      port: 0,
      web: join(folder, 'none'),
      store,
      desk: new ScenarioDesk('scenarios', () => undefined),
      hangar: Flight,
      limits: { lonelyMs: 0, sleepMs: 0 },
    })
  })
  afterAll(async () => {
    await trainer.close()
    rmSync(folder, { recursive: true })
  })

  it('sleeps, with its clock standing still, and wakes where it was', async () => {
    const learner = new Learner(trainer.url)
    const { id } = await learner.start('bad-image-rollout')
    const screen = await learner.look(id)
    const terminal = await screen.open()
    await screen.type(terminal, 'cd /tmp; echo kept > note')
    const before = await learner.call<AttemptView>('GET', `/api/attempts/${id}`)
    const leftMs = Date.now()
    screen.close()
    for (let tries = 0; trainer.sessions.awakeCount > 0 && tries < 600; tries++)
      await new Promise((resolve) => setTimeout(resolve, 20))
    expect(trainer.sessions.awakeCount).toBe(0)
    await new Promise((resolve) => setTimeout(resolve, 2_000))
    const again = await learner.look(id)
    const clockMs = (again.view?.clock.nowMs ?? 0) - before.body.clock.nowMs
    expect(clockMs).toBeLessThan(Date.now() - leftMs - 1_500)
    expect(again.text[terminal]).toMatch(/candidate@base:\/tmp\$ $/)
    expect(await again.type(terminal, 'cat note')).toContain('kept')
    again.close()
  })
})
