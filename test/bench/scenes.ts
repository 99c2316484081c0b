/** The rows of the bench, in the order of the table. */
import type { FlightSnapshot } from '../../engine/index.ts'
import { Flight } from '../../engine/index.ts'
import { createDeployment, heapBytes, launch, untilReady } from './scene.ts'
import type { Scene } from './scene.ts'
import { CLIENT_SCENES } from './clients.ts'
import { stagePrompt } from './prompt.ts'
import { RAFT_SCENES } from './raft.ts'
import { UPGRADE_SCENES } from './upgrade.ts'

const HOUR_MS = 3_600_000
/** Kubelet stopped to pods replaced: 40-50 s to NotReady and 300 s of toleration. */
const EVICTION_MS = 350_000
const SESSIONS = 10
const MB = 1e6

export const SCENES: Scene[] = [
  {
    name: 'boot',
    measures: 'a cluster of 3 ready',
    unit: 'ms',
    target: 300,
    runs: 7,
    stage: (seed) => Promise.resolve(async () => void (await launch(seed, 2))),
  },
  {
    name: 'boot-ha',
    measures: 'three control planes behind a load balancer and three workers ready',
    unit: 'ms',
    target: 1_000,
    runs: 5,
    stage: (seed) => Promise.resolve(async () => void (await launch(seed, 3, {}, 3))),
  },
  pods(100, 3, 100, 7),
  pods(1_000, 10, 1_000, 3),
  pods(3_000, 30, 3_000, 1),
  {
    name: 'eviction',
    measures: 'the 350 seconds from a stopped kubelet to replaced pods',
    unit: 'ms',
    target: 100,
    runs: 5,
    async stage(seed) {
      const flight = await launch(seed, 2)
      await createDeployment(flight, 'web', 4)
      await untilReady(flight, 4)
      return async () => {
        await flight.script('ssh worker-1 sudo systemctl stop kubelet')
        await flight.advance(EVICTION_MS)
        await untilReady(flight, 4)
      }
    },
  },
  {
    name: 'hour',
    measures: 'one virtual hour of 25 pods',
    unit: 'ms',
    target: 200,
    runs: 5,
    async stage(seed) {
      const flight = await launch(seed, 2)
      await createDeployment(flight, 'web', 25)
      await untilReady(flight, 25)
      return () => flight.advance(HOUR_MS)
    },
  },
  {
    name: 'prompt',
    measures: 'from the start of an attempt to the first prompt, over HTTP and the socket',
    unit: 'ms',
    target: 1_000,
    runs: 5,
    stage: (seed) => stagePrompt(seed),
  },
  {
    name: 'memory',
    measures: 'heap of one more idle session',
    unit: 'MB',
    target: 15,
    runs: 1,
    async stage(seed) {
      await launch(seed, 2)
      const flights: Flight[] = []
      const before = heapBytes()
      return async () => {
        for (let i = 0; i < SESSIONS; i++) flights.push(await launch(`${seed}-${i}`, 2))
        return (heapBytes() - before) / flights.length / MB
      }
    },
  },
  {
    name: 'memory-hour',
    measures: 'heap of a session of 25 pods after an idle hour',
    unit: 'MB',
    target: 15,
    runs: 1,
    async stage(seed) {
      await launch(seed, 2)
      const flights: Flight[] = []
      const before = heapBytes()
      return async () => {
        const flight = await launch(`${seed}-a`, 2)
        await createDeployment(flight, 'web', 25)
        await untilReady(flight, 25)
        await flight.advance(HOUR_MS)
        flights.push(flight)
        return (heapBytes() - before) / MB
      }
    },
  },
  {
    name: 'snapshot',
    measures: 'taking a snapshot of an idle session',
    unit: 'ms',
    target: 50,
    runs: 5,
    async stage(seed) {
      const flight = await launch(seed, 2)
      return () => Promise.resolve(void flight.snapshot())
    },
  },
  {
    name: 'restore',
    measures: 'coming back from a snapshot in JSON',
    unit: 'ms',
    target: 50,
    runs: 5,
    async stage(seed) {
      const text = JSON.stringify((await launch(seed, 2)).snapshot())
      return () => Promise.resolve(void Flight.restore(JSON.parse(text) as FlightSnapshot, {}, { isOwned: true }))
    },
  },
  ...CLIENT_SCENES,
  ...RAFT_SCENES,
  ...UPGRADE_SCENES,
]

function pods(count: number, workers: number, target: number, runs: number): Scene {
  return {
    name: `pods-${count}`,
    measures: `${count} pods Ready on ${workers} nodes`,
    unit: 'ms',
    target,
    runs,
    async stage(seed) {
      const flight = await launch(seed, workers)
      return async () => {
        await createDeployment(flight, 'web', count)
        await untilReady(flight, count)
      }
    },
  }
}
