/** The browser tests: a Chromium on the built page, against a trainer of each worker's own. */
import { defineConfig } from '@playwright/test'
import { CHROMIUM_FLAGS, findChromium } from './bin/chromium.js'

export default defineConfig({
  testDir: 'test/e2e',
  outputDir: 'test-results',
  fullyParallel: true,
  // One more than processors: most of a flight is waiting for the clock.
  workers: 3,
  reporter: 'list',
  timeout: 120_000,
  expect: { timeout: 15_000 },
  use: {
    locale: 'en-US',
    colorScheme: 'light',
    viewport: { width: 1440, height: 900 },
    trace: 'retain-on-failure',
    launchOptions: { executablePath: await findChromium(), args: CHROMIUM_FLAGS },
  },
})
