/** The page engine-check.html: the engine's hash in this browser, in `#hash`; `data-state` is done or failed. */
import type { EngineAnswer } from './engine-worker.ts'

const output = document.getElementById('hash')
if (output === null) throw new Error('the page has no #hash')

const worker = new Worker(new URL('./engine-worker.ts', import.meta.url), { type: 'module' })

function show(state: 'done' | 'failed', text: string): void {
  if (output === null) return
  output.dataset['state'] = state
  output.textContent = text
}

worker.addEventListener('message', ({ data }: MessageEvent<EngineAnswer>) => {
  if ('run' in data) show('done', data.run.hash)
  else show('failed', data.error)
})
worker.addEventListener('error', (event) => show('failed', event.message))
