#!/usr/bin/env node
// Page and server with reload: the trainer from its sources on port 8080, started anew when they change,
// and Vite in front of it on port 5173.
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createServer } from 'vite'

const root = fileURLToPath(new URL('..', import.meta.url))
const port = process.env.PORT ?? '8080'
const watch = [
  'watch',
  '--clear-screen=false',
  '--include',
  'scenarios/**/*.yaml',
  'bin/kubeflight.js',
  'serve',
  '--port',
  port,
]
const trainer = spawn('npx', ['tsx', ...watch], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, KUBEFLIGHT_SOURCE: '1' },
})
process.env.KUBEFLIGHT_TRAINER ??= `http://127.0.0.1:${port}`

const page = await createServer({ root: `${root}/web`, configFile: `${root}/vite.config.ts` })
await page.listen()
page.printUrls()

const stop = async () => {
  trainer.kill('SIGTERM')
  await page.close()
  process.exit(0)
}
process.on('SIGINT', stop)
process.on('SIGTERM', stop)
trainer.on('exit', (code) => code !== null && code !== 0 && process.exit(code))
