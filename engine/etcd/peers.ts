/**
 * Since when the streams to the other members are up. Models server/etcdserver/api/rafthttp (peer_status.go), whose
 * streams speak to each other even when Raft is silent: between two followers, only the beginning of a process is
 * noticed here, not a link that was cut and mended.
 */
import type { MemberId } from './raft/types.ts'

/** A stream that is silent for so long is broken (ConnReadTimeout). */
const SILENCE_MS = 5000

interface Stream {
  sinceMs: number
  lastMs: number
}

export class Peers {
  private streams: Record<MemberId, Stream> = {}

  /** Something was heard. */
  note(id: MemberId, nowMs: number): void {
    const stream = this.streams[id]
    if (stream === undefined || nowMs - stream.lastMs >= SILENCE_MS) this.begin(id, nowMs)
    else stream.lastMs = nowMs
  }

  /** The process on the other side says that it is there. */
  begin(id: MemberId, nowMs: number): void {
    this.streams[id] = { sinceMs: nowMs, lastMs: nowMs }
  }

  /** `isReachable`: whether a connection could be opened now, where that is known. */
  activeSinceMs(id: MemberId, nowMs: number, isReachable: boolean | undefined): number | undefined {
    const stream = this.streams[id]
    if (stream === undefined || isReachable === false) return undefined
    return isReachable === true || nowMs - stream.lastMs < SILENCE_MS ? stream.sinceMs : undefined
  }

  clear(): void {
    this.streams = {}
  }

  dump(): Record<MemberId, Stream> {
    return copyOf(this.streams)
  }

  load(streams: Record<MemberId, Stream>): void {
    this.streams = copyOf(streams)
  }
}

function copyOf(streams: Record<MemberId, Stream>): Record<MemberId, Stream> {
  return Object.fromEntries(Object.entries(streams).map(([id, stream]) => [id, { ...stream }]))
}
