import { Cockpit, expect, test } from './cockpit.ts'
import { Trainer } from './trainer.ts'

test('a trainer that is killed brings the attempt back: prompt, files and clock', async ({ page }) => {
  const trainer = new Trainer()
  try {
    await trainer.start()
    const cockpit = new Cockpit(page, trainer.url)
    await cockpit.fly('bad-image-rollout')
    await cockpit.run('echo kept > kept.txt')
    const before = (await cockpit.attempt()).clock

    await trainer.kill()
    await expect(page.getByText('The connection is lost')).toBeVisible()
    await trainer.start()
    await expect(page.getByText('The connection is lost')).toHaveCount(0, { timeout: 30_000 })

    await expect(cockpit.screen).toContainText('echo kept > kept.txt')
    await cockpit.toTerminal()
    await cockpit.run('cat kept.txt')
    await expect(cockpit.screen).toContainText(/kept(?!\.txt)/)
    const after = (await cockpit.attempt()).clock
    expect(after.nowMs).toBeGreaterThanOrEqual(before.nowMs - 1_000)
    expect(after.nowMs).toBeLessThan(before.nowMs + 60_000)
  } finally {
    await trainer.dispose()
  }
})
