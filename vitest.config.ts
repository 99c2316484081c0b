import { defineConfig } from 'vitest/config'

export default defineConfig({
  // Every processor: vitest itself would leave one free, and half of two is much.
  test: { include: ['test/**/*.test.ts'], testTimeout: 60_000, maxWorkers: '100%' },
})
