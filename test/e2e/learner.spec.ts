import { expect, test } from './cockpit.ts'

test('a learner works, refreshes in the middle, submits, and reads what was found and wanted', async ({ cockpit }) => {
  const { page } = cockpit
  await cockpit.fly('bad-image-rollout')
  await cockpit.run('kubectl -n shop get deployment web')
  await expect(cockpit.screen).toContainText('UP-TO-DATE')
  await cockpit.run('echo "before the refresh" > note.txt')

  await page.reload()
  await cockpit.prompt()
  await expect(cockpit.screen).toContainText('kubectl -n shop get deployment web')
  await expect(cockpit.screen).toContainText('UP-TO-DATE')
  await cockpit.run('cat note.txt')
  await expect(cockpit.screen).toContainText('before the refresh')

  await page.getByRole('button', { name: 'Check', exact: true }).click()
  await expect(page.getByText('0 of 10 points')).toBeVisible()
  await page.getByRole('button', { name: /Show hint 1 of/ }).click()
  await expect(page.locator('[data-region="task"] ol[aria-live] li')).toHaveCount(1)

  await cockpit.toTerminal()
  await cockpit.run('kubectl -n shop rollout undo deployment web && kubectl -n shop rollout status deployment web')
  await cockpit.submit()
  await expect(page.locator('[data-state="met"]').first()).toBeVisible()
  const missed = page.locator('[data-state="unmet"]').first()
  await expect(missed).toContainText('bad-image.txt')
  await expect(missed.locator('.found dd')).not.toBeEmpty()
  await expect(missed.locator('.wanted dd')).not.toBeEmpty()
  await expect(missed.locator('.why dd')).not.toBeEmpty()
  await expect(page.getByText('Hints opened').locator('..')).toContainText('1 of')
  await expect(page.getByRole('button', { name: 'Try again', exact: true })).toBeVisible()

  await cockpit.catalogue()
  await expect(page.locator('[data-scenario="bad-image-rollout"]')).toContainText('Last result')
})

test('a second terminal on a worker, an editor in the first, and Korean', async ({ cockpit }) => {
  const { page } = cockpit
  await cockpit.fly('notready-worker')
  await page.getByLabel('Open a terminal', { exact: true }).selectOption('worker-1')
  await expect(cockpit.terminal).toHaveAttribute('data-host', 'worker-1')
  await cockpit.prompt()
  await cockpit.run('hostname')
  await page.getByRole('tab', { name: 'base' }).click()

  await cockpit.type('vi note.yaml')
  await expect(page.locator('[data-editor="vi"] .cm-content')).toBeFocused()
  await page.keyboard.type('ikind: Note')
  await page.keyboard.press('Escape')
  await page.keyboard.type(':q\n')
  await expect(page.getByText('E37: No write since last change')).toBeVisible()
  await page.keyboard.type(':wq\n')
  await expect(page.locator('[data-editor]')).toHaveCount(0)
  await cockpit.run('cat note.yaml')
  await expect(cockpit.screen).toContainText('kind: Note')

  await cockpit.type('nano note.yaml')
  await expect(page.locator('[data-editor="nano"] .cm-content')).toBeFocused()
  await page.keyboard.type('# by nano\n')
  await page.keyboard.press('Control+x')
  await page.keyboard.press('y')
  await expect(page.locator('[data-editor]')).toHaveCount(0)
  await cockpit.run('clear; head -1 note.yaml')
  await expect(cockpit.screen).toContainText('# by nano')

  await page.getByLabel('Language').selectOption('ko')
  await expect(page.locator('html')).toHaveAttribute('lang', 'ko')
  await expect(page.getByRole('button', { name: '제출', exact: true })).toBeVisible()
})

test('text goes from the terminal to the clipboard and back', async ({ cockpit, context }) => {
  const { page } = cockpit
  await context.grantPermissions(['clipboard-read', 'clipboard-write'])
  await cockpit.fly('bad-image-rollout')
  await page.evaluate(() => navigator.clipboard.writeText('echo pasted-$((40 + 2))'))
  await page.keyboard.press('Control+Shift+V')
  await expect(cockpit.screen).toContainText('echo pasted-$((40 + 2))')
  await page.keyboard.press('Enter')
  await expect(cockpit.screen).toContainText('pasted-42')
  await page.getByRole('button', { name: 'Paste' }).click()
  await page.keyboard.press('Enter')
  await cockpit.run('true')
  const word = cockpit.screen
    .locator('> div')
    .filter({ hasText: /^pasted-42/ })
    .first()
  const box = await word.boundingBox()
  await page.mouse.dblclick((box?.x ?? 0) + 10, (box?.y ?? 0) + 8)
  await page.keyboard.press('Control+Shift+C')
  expect(await page.evaluate(() => navigator.clipboard.readText())).toContain('pasted')
})

test('the picture shows the pods and follows the clock', async ({ cockpit }) => {
  const { page } = cockpit
  await cockpit.fly('bad-image-rollout')
  const workers = page.locator('[data-node^="worker"]')
  await expect(workers.first()).toContainText('Ready')
  await expect(page.locator('[data-pod^="shop/web"].bad').first()).toBeVisible()
  await page.locator('[data-pod^="shop/web"]').first().hover()
  await expect(page.locator('.foot')).toContainText('restarts')
  await cockpit.toTerminal()
  await cockpit.speed(60)
  await cockpit.run('kubectl -n shop rollout undo deployment web; kubectl cordon worker-1')
  await expect(page.locator('[data-pod^="shop/web"].bad')).toHaveCount(0)
  await expect(page.locator('[data-node="worker-1"]')).toContainText('Cordoned')
})
