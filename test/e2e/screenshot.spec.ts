/** The picture for the README. `KUBEFLIGHT_SCREENSHOT=1` writes it; without, the page is only looked at. */
import { mkdirSync } from 'node:fs'
import { expect, test } from './cockpit.ts'

const FILE = new URL('../../docs/screenshot.png', import.meta.url).pathname

test('the cockpit, as the README shows it', async ({ cockpit }) => {
  const { page } = cockpit
  await cockpit.fly('bad-image-rollout')
  await cockpit.run('kubectl -n shop get pods -o wide')
  await cockpit.type('clear')
  await cockpit.type('kubectl -n shop get deployments,replicasets,pods')
  await expect(page.locator('[data-pod^="shop/web"].bad').first()).toBeVisible()
  await expect(cockpit.screen).toContainText('pod/web')
  const box = await page.locator('main').boundingBox()
  expect(box?.width).toBe(1440)
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(1440)
  if (process.env['KUBEFLIGHT_SCREENSHOT'] !== '1') return
  mkdirSync(new URL('.', new URL('../../docs/screenshot.png', import.meta.url)), { recursive: true })
  await page.screenshot({ path: FILE, animations: 'disabled' })
})
