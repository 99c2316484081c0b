/** Builds the trainer's page into dist/web, and serves it with reload for `npm run dev`. */
import { fileURLToPath } from 'node:url'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vite'

const page = (name: string) => fileURLToPath(new URL(`./web/${name}`, import.meta.url))
/** The trainer that the page talks to under `npm run dev`. */
const trainer = process.env['KUBEFLIGHT_TRAINER'] ?? 'http://127.0.0.1:8080'
/** The trainer answers only to pages of its own address: the proxy stands in for them. */
const toTrainer = { target: trainer, changeOrigin: true, headers: { origin: new URL(trainer).origin } }

export default defineConfig({
  root: 'web',
  plugins: [svelte({ configFile: false })],
  worker: { format: 'es' },
  build: {
    outDir: '../dist/web',
    emptyOutDir: true,
    target: ['chrome123', 'firefox121', 'safari17.5'],
    chunkSizeWarningLimit: 4_000,
    rollupOptions: { input: { index: page('index.html'), 'engine-check': page('engine-check.html') } },
  },
  server: {
    proxy: { '/api': toTrainer, '/live': { ...toTrainer, ws: true } },
  },
})
