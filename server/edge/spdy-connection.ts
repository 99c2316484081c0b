/**
 * One SPDY/3.1 connection as the server: streams that the client opens, their data both ways. Models
 * apimachinery httpstream/spdy over moby/spdystream. Not modelled: flow control (windows are refilled at once).
 */
import type { Duplex } from 'node:stream'
import { HeaderBlocks } from './spdy-headers.ts'

const TYPE = { synStream: 1, synReply: 2, rstStream: 3, settings: 4, ping: 6, goAway: 7, windowUpdate: 9 } as const
const FIN = 1
const VERSION = 0x8003
const MAX_FRAME_BYTES = 1024 * 1024

export interface SpdyHandlers {
  /** The client opened a stream; its headers have names in lower case. */
  opened: (id: number, headers: Record<string, string>) => void
  data: (id: number, bytes: Buffer) => void
  /** The client sends no more on this stream. */
  finished: (id: number) => void
  gone: () => void
}

function controlFrame(type: number, body: Buffer, flags = 0): Buffer {
  const header = Buffer.alloc(8)
  header.writeUInt16BE(VERSION, 0)
  header.writeUInt16BE(type, 2)
  header.writeUInt32BE(body.length, 4)
  header[4] = flags
  return Buffer.concat([header, body])
}

function dataFrame(stream: number, bytes: Buffer, flags = 0): Buffer {
  const header = Buffer.alloc(8)
  header.writeUInt32BE(stream, 0)
  header.writeUInt32BE(bytes.length, 4)
  header[4] = flags
  return Buffer.concat([header, bytes])
}

function words(...values: number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4)
  values.forEach((value, index) => bytes.writeUInt32BE(value, index * 4))
  return bytes
}

export class SpdyConnection {
  private readonly headers = new HeaderBlocks()
  private unread: Buffer = Buffer.alloc(0)
  /** Frames are read one after the other: header blocks depend on those before them. */
  private reading: Promise<void> = Promise.resolve()

  constructor(
    private readonly socket: Duplex,
    private readonly handlers: SpdyHandlers,
  ) {
    socket.on('data', (bytes: Buffer) => this.receive(bytes))
    socket.on('error', () => undefined)
    socket.once('close', () => {
      this.headers.close()
      handlers.gone()
    })
  }

  receive(bytes: Buffer): void {
    this.unread = this.unread.length === 0 ? bytes : Buffer.concat([this.unread, bytes])
    while (this.unread.length >= 8) {
      const length = this.unread.readUInt32BE(4) & 0xffffff
      if (length > MAX_FRAME_BYTES) return void this.socket.destroy()
      if (this.unread.length < 8 + length) return
      const frame = this.unread.subarray(0, 8 + length)
      this.unread = this.unread.subarray(8 + length)
      this.reading = this.reading.then(() => this.frame(frame)).catch(() => void this.socket.destroy())
    }
  }

  write(id: number, bytes: Buffer): void {
    this.send(dataFrame(id, bytes))
  }

  /** Nothing more is sent on this stream. */
  finish(id: number): void {
    this.send(dataFrame(id, Buffer.alloc(0), FIN))
  }

  close(): void {
    this.send(controlFrame(TYPE.goAway, words(0, 0)))
    setTimeout(() => this.socket.end(), 200).unref()
  }

  private send(frame: Buffer): void {
    if (!this.socket.destroyed && !this.socket.writableEnded) this.socket.write(frame)
  }

  private async frame(frame: Buffer): Promise<void> {
    const body = frame.subarray(8)
    const flags = frame[4] ?? 0
    if (((frame[0] ?? 0) & 0x80) === 0) return this.data(frame.readUInt32BE(0), body, flags)
    const type = frame.readUInt16BE(2)
    if (type === TYPE.synStream) return this.opened(body, flags)
    if (type === TYPE.ping) this.send(controlFrame(TYPE.ping, body))
    if (type === TYPE.rstStream) this.handlers.finished(body.readUInt32BE(0) & 0x7fffffff)
  }

  private async opened(body: Buffer, flags: number): Promise<void> {
    const id = body.readUInt32BE(0) & 0x7fffffff
    const headers = await this.headers.parse(body.subarray(10))
    const reply = await this.headers.make({})
    this.send(controlFrame(TYPE.synReply, Buffer.concat([words(id), reply])))
    this.handlers.opened(id, headers)
    if ((flags & FIN) !== 0) this.handlers.finished(id)
  }

  private data(id: number, bytes: Buffer, flags: number): void {
    if (bytes.length > 0) {
      this.send(controlFrame(TYPE.windowUpdate, words(id, bytes.length)))
      this.handlers.data(id, bytes)
    }
    if ((flags & FIN) !== 0) this.handlers.finished(id)
  }
}
