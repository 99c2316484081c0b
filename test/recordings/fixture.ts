import type { Story } from './story.ts'

/** A recorded run of a real cluster, as the tests need it. */
export interface Fixture {
  recording: string
  release: string
  kubelet: 'hollow' | 'real'
  nodes: { name: string; labels: Record<string, string>; capacity: Record<string, string> }[]
  namespace: string
  /** Changing commands, and what was done to a kubelet's process, at their offsets. */
  acts: Act[]
  /** The end of what was recorded. */
  untilMs: number
  /** Node → offset of a renewal of its lease near the start. */
  leases: Record<string, number>
  /** How long the fake runtime of the real cluster took, by set. */
  hollow: Record<string, HollowTimes>
  story: Story
}

export type Act = { at: number; command: string } | { at: number; signal: 'STOP' | 'CONT'; node: string }

/** Milliseconds: assigned → first status → containers run, of the nth pod created; deleted → containers ended → deletion confirmed, of the nth deleted. */
export interface HollowTimes {
  see: number[]
  run: number[]
  stop: number[]
  confirm: number[]
}
