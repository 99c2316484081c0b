import { expect, test } from './cockpit.ts'

test('everything is reached by the keyboard alone', async ({ cockpit }) => {
  const { page } = cockpit
  const press = (key: string) => page.keyboard.press(key)
  const focused = page.locator(':focus')
  const tabTo = async (target: ReturnType<typeof page.locator>, key = 'Tab') => {
    for (let count = 0; count < 40; count++) {
      if (await target.evaluate((element) => element === document.activeElement)) return
      await press(key)
    }
    await expect(target).toBeFocused()
  }

  await cockpit.catalogue()
  await press('Tab')
  await expect(focused).toHaveText('Skip to content')
  await press('Enter')
  await expect(page.locator('#content')).toBeFocused()
  await tabTo(page.locator('[data-scenario="bad-image-rollout"] button'))
  await press('Enter')
  await cockpit.prompt()
  await cockpit.run('kubectl get nodes')

  // Tab completes in the terminal; F6 goes on to the picture, the controls, the task, and back to the terminal.
  await press('Tab')
  await expect(cockpit.terminal.locator('textarea').first()).toBeFocused()
  await press('F6')
  await expect(page.locator('[data-region="picture"] :focus')).toHaveCount(1)
  await tabTo(page.locator('[data-pod][tabindex="0"]'))
  await expect(page.locator('.foot')).toContainText('restarts')
  const first = await focused.getAttribute('data-pod')
  await press('ArrowRight')
  await expect(focused).not.toHaveAttribute('data-pod', first ?? '')
  await press('F6')
  await expect(page.locator('[data-region="controls"] :focus')).toHaveCount(1)
  await press('ArrowRight')
  await expect(cockpit.terminal.locator('textarea').first()).toBeFocused()
  expect((await cockpit.attempt()).clock.speed).toBe(10)
  await press('Shift+F6')
  await expect(page.locator('[data-region="task"] :focus')).toHaveCount(1)
  await press('F6')
  await expect(cockpit.terminal.locator('textarea').first()).toBeFocused()

  // Submit asks first; Escape says no and leads back to the button.
  await press('Shift+F6')
  await press('Shift+F6')
  await expect(page.locator('[data-region="controls"] :focus')).toHaveCount(1)
  const submit = page.getByRole('button', { name: 'Submit', exact: true })
  await tabTo(submit)
  await press('Enter')
  await expect(page.getByRole('dialog')).toBeVisible()
  await press('Escape')
  await expect(page.getByRole('dialog')).toHaveCount(0)
  await expect(submit).toBeFocused()
  await press('Enter')
  await tabTo(page.getByRole('button', { name: 'Submit and grade' }))
  await press('Enter')
  await expect(page.getByRole('heading', { name: /of 10 points/ })).toBeFocused()
  await tabTo(page.getByRole('button', { name: 'Copy the solution' }))
})
