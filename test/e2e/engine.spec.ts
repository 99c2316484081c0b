import { runEngine } from '../../web/engine-run.ts'
import { expect, test } from './cockpit.ts'

test('in Chromium the engine flies as in Node: the same hash', async ({ page, trainer }) => {
  const inNode = await runEngine()
  expect(inNode.output).toContain('NotReady')
  await page.goto(`${trainer.url}/engine-check.html`)
  const hash = page.locator('#hash')
  await expect(hash).toHaveAttribute('data-state', /done|failed/, { timeout: 45_000 })
  await expect(hash).toHaveText(inNode.hash)
})
