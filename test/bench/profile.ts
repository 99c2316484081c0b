/** Where the time of a run goes: self time by folder of the engine, from V8's own sampling profiler. */
import { Session } from 'node:inspector/promises'
import type { Profiler } from 'node:inspector'

const INTERVAL_US = 500

export interface Share {
  part: string
  share: number
}

/** Runs the work under the profiler. Returns the parts that took most of its time, largest first. */
export async function profile(work: () => Promise<unknown>): Promise<Share[]> {
  const session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval: INTERVAL_US })
  await session.post('Profiler.start')
  await work()
  const { profile: taken } = await session.post('Profiler.stop')
  session.disconnect()
  return shares(taken)
}

function shares({ nodes, samples = [] }: Profiler.Profile): Share[] {
  const parts = new Map(nodes.map(({ id, callFrame }) => [id, partOf(callFrame)]))
  const counts = new Map<string, number>()
  for (const id of samples) {
    const part = parts.get(id) ?? 'other'
    if (part !== 'idle') counts.set(part, (counts.get(part) ?? 0) + 1)
  }
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0)
  return [...counts].map(([part, count]) => ({ part, share: count / total })).sort((a, b) => b.share - a.share)
}

function partOf({ url, functionName }: { url: string; functionName: string }): string {
  if (functionName === '(garbage collector)') return 'garbage collector'
  if (functionName === '(idle)' || functionName === '(root)') return 'idle'
  const folder = /\/engine\/([\w-]+)(?:\/|\.ts)/.exec(url)?.[1]
  return folder ?? (url.includes('node_modules') ? 'libraries' : 'node')
}
