#!/usr/bin/env node
// Starts the command line: the built bundle when there is one that is not older than the sources, or the sources by way of tsx.
import { existsSync } from 'node:fs'

const bundle = new URL('../dist/cli/main.js', import.meta.url)
const start = async () => {
  if (existsSync(bundle) && process.env.KUBEFLIGHT_SOURCE === undefined) return import(bundle.href)
  const { register } = await import('tsx/esm/api')
  register()
  return import('../server/cli/main.ts')
}
const { main } = await start()
const code = await main(process.argv.slice(2))
// Output to a pipe may still be on its way.
await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((resolve) => stream.write('', resolve))))
process.exit(code)
