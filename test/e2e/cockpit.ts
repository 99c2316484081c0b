/** What a learner does on the page, in the learner's words. Everything waits for what it needs, and nothing sleeps. */
import { expect, test as base } from '@playwright/test'
import type { Locator, Page } from '@playwright/test'
import type { AttemptView } from '../../server/contract.ts'
import { Trainer } from './trainer.ts'

/** A cluster of several control planes boots before the first prompt; a busy machine may need this long. */
const BOOT_LIMIT_MS = 60_000

export class Cockpit {
  private ends = 0

  constructor(
    readonly page: Page,
    readonly url: string,
  ) {}

  async catalogue(): Promise<void> {
    await this.page.goto(`${this.url}/`)
    await expect(this.page.locator('[data-scenario]').first()).toBeVisible()
  }

  /** Starts a scenario and waits for its prompt. */
  async fly(scenario: string): Promise<void> {
    await this.catalogue()
    await this.page.locator(`[data-scenario="${scenario}"] button`).click()
    await this.prompt()
  }

  /** The terminal that is shown. */
  get terminal(): Locator {
    return this.page.locator('[data-terminal].shown')
  }

  get screen(): Locator {
    return this.terminal.locator('.xterm-rows')
  }

  async prompt(): Promise<void> {
    await expect(this.screen).toContainText(/[$#]/, { timeout: BOOT_LIMIT_MS })
    await expect(this.terminal.locator('textarea').first()).toBeFocused()
  }

  /** Gives the terminal the keyboard, with the mouse. */
  async toTerminal(): Promise<void> {
    await this.terminal.locator('.xterm-screen').click()
  }

  /** Types a line into the terminal that has the keyboard. */
  async type(line: string): Promise<void> {
    await this.page.keyboard.type(line)
    await this.page.keyboard.press('Enter')
  }

  /** Types a line and waits until it is done, however it ends. */
  async run(line: string): Promise<void> {
    const end = ++this.ends
    await this.type(`${line}\necho "end $((${end} + 7000))"`)
    await expect(this.screen).toContainText(`end ${end + 7000}`, { timeout: 45_000 })
  }

  /** Writes a script through the terminal and runs it to its end. */
  async script(text: string): Promise<void> {
    await this.type(`cat > /tmp/flight.sh <<'END_OF_FLIGHT'\n${text.trimEnd()}\nEND_OF_FLIGHT`)
    await this.run('clear; bash /tmp/flight.sh')
  }

  /** The page's own cookie says whose attempt it is. */
  async attempt(): Promise<AttemptView> {
    const id = this.page.url().split('/attempt/')[1]?.split('/')[0] ?? ''
    const response = await this.page.request.get(`${this.url}/api/attempts/${id}`)
    return (await response.json()) as AttemptView
  }

  async speed(times: 1 | 10 | 60): Promise<void> {
    const radio = this.page.getByRole('radio', { name: `${times} times` })
    await radio.click({ force: true })
    // It shows what the server says, so it may take a moment.
    await expect(radio).toBeChecked()
    await expect(this.terminal.locator('textarea').first()).toBeFocused()
  }

  async submit(): Promise<void> {
    await this.page.getByRole('button', { name: 'Submit', exact: true }).click()
    await this.page.getByRole('button', { name: 'Submit and grade' }).click()
    await expect(this.page.getByRole('heading', { name: 'Criteria' })).toBeVisible()
  }
}

interface Fixtures {
  cockpit: Cockpit
}

/** A trainer for each worker, a browser with nothing in it for each test; an error in the page fails the test. */
export const test = base.extend<Fixtures, { trainer: Trainer }>({
  trainer: [
    // oxlint-disable-next-line no-empty-pattern -- Playwright reads what a fixture needs from this pattern
    async ({}, use) => {
      const trainer = new Trainer()
      await trainer.start()
      await use(trainer)
      await trainer.dispose()
    },
    { scope: 'worker', timeout: 90_000 },
  ],
  cockpit: async ({ page, trainer }, use) => {
    const errors: string[] = []
    page.on('pageerror', (error) => errors.push(error.message))
    page.on('console', (message) => {
      if (message.text().includes('Content Security Policy')) errors.push(message.text())
    })
    await use(new Cockpit(page, trainer.url))
    expect(errors).toEqual([])
  },
})

export { expect }
