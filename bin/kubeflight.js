#!/usr/bin/env node
// Starts the command line: from the bundle that `npm run build` makes, or, without one that is newer than
// every source (or with KUBEFLIGHT_SOURCE set), from the sources by way of tsx.
import { existsSync, readdirSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url))
const bundle = path('../dist/cli/main.js')

const isOlder = (folder, sinceMs) =>
  readdirSync(folder, { withFileTypes: true }).every((one) => {
    const inside = `${folder}/${one.name}`
    return one.isDirectory() ? isOlder(inside, sinceMs) : statSync(inside).mtimeMs <= sinceMs
  })

const isFresh = () => {
  if (!existsSync(bundle)) return false
  const builtMs = statSync(bundle).mtimeMs
  return ['../engine', '../server'].map(path).every((folder) => !existsSync(folder) || isOlder(folder, builtMs))
}

const start = async () => {
  if (process.env.KUBEFLIGHT_SOURCE === undefined && isFresh())
    return import(new URL('../dist/cli/main.js', import.meta.url).href)
  const { register } = await import('tsx/esm/api')
  register()
  return import('../server/cli/main.ts')
}

const { main } = await start()
const code = await main(process.argv.slice(2))
// Output to a pipe may still be on its way.
await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((resolve) => stream.write('', resolve))))
process.exit(code)
