/** One fixed flight, the same in a browser and in Node: its hash shows that the engine is the same in both. */
import { Flight } from '../engine/index.ts'
import type { FlightOptions } from '../engine/index.ts'

const OPTIONS: FlightOptions = {
  seed: 'engine-check',
  epochMs: Date.UTC(2026, 0, 1),
  release: '1.35',
  controlPlanes: 1,
  workers: 2,
}

/** What is typed, and how long the cluster then runs on. */
const TYPED: [text: string, thenMs: number][] = [
  ['kubectl create deployment web --image=nginx:1.27 --replicas=3\r', 30_000],
  ['kubectl set image deployment/web nginx=nginx:nope\r', 90_000],
  ['kubectl rollout undo deployment/web\r', 30_000],
  ['kubectl get pods -A -o wide | sort | head -5; date\r', 1_000],
  ['ssh worker-1 sudo systemctl stop kubelet\r', 400_000],
  ['kubectl get nodes,pods\r', 5_000],
]

export interface EngineRun {
  hash: string
  nowMs: number
  output: string
}

export async function runEngine(): Promise<EngineRun> {
  let output = ''
  const flight = await Flight.launch(OPTIONS, { output: (_terminal, text) => (output += text) })
  const base = flight.hosts().find(({ role }) => role === 'base')?.name ?? 'base'
  flight.input({ kind: 'terminal.open', terminal: 't1', host: base, user: 'candidate', columns: 120, rows: 30 })
  await flight.advance(1_000)
  for (const [text, thenMs] of TYPED) {
    flight.input({ kind: 'terminal.input', terminal: 't1', text })
    await flight.advance(thenMs)
  }
  return { hash: flight.hash(), nowMs: flight.nowMs, output }
}
