#!/usr/bin/env node
// Builds the page into dist/web and the command line into dist/cli. `--page` or `--cli`: only that one.
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const root = fileURLToPath(new URL('..', import.meta.url))
const wanted = process.argv.slice(2)
const wants = (name) => wanted.length === 0 || wanted.includes(`--${name}`)

if (wants('page')) await build({ root: `${root}/web`, configFile: `${root}/vite.config.ts`, logLevel: 'warn' })

if (wants('cli')) {
  await build({
    root,
    configFile: false,
    logLevel: 'warn',
    publicDir: false,
    // Small packages of plain JavaScript go into the bundle: one file starts faster than a hundred.
    ssr: { noExternal: ['commander', 'yaml', 'xstate', 'seedrandom', 'semver', 'rfc6902'] },
    build: {
      ssr: 'server/cli/main.ts',
      outDir: 'dist/cli',
      emptyOutDir: true,
      target: 'node20',
      sourcemap: true,
      minify: false,
      rollupOptions: { output: { entryFileNames: 'main.js', chunkFileNames: 'parts/[name]-[hash].js' } },
    },
  })
}
