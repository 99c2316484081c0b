/**
 * exec and attach over SPDY/3.1, as kubectl before 1.30 speaks it: the client opens a stream for each of
 * error, stdin, stdout, stderr and resize, named by the header `streamtype`. Models apimachinery
 * httpstream/spdy and remotecommand v4. Not modelled: flow control (windows are refilled at once).
 */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { HeaderBlocks } from './spdy-headers.ts'
import type { ChannelListener, ChannelPeer, OpenPeer, OutputChannel } from './upgrade.ts'

const TYPE = { synStream: 1, synReply: 2, rstStream: 3, settings: 4, ping: 6, goAway: 7, windowUpdate: 9 } as const
const FIN = 1
const VERSION = 0x8003
const MAX_FRAME_BYTES = 1024 * 1024
const PROTOCOLS = ['v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io']

export const wantsSpdy = (incoming: IncomingMessage): boolean => incoming.headers.upgrade?.toLowerCase() === 'spdy/3.1'

export const openSpdy: OpenPeer = ({ incoming, socket, head, request }, listener) => {
  const offered = [incoming.headers['x-stream-protocol-version'] ?? []]
    .flat()
    .flatMap((value) => value.split(',').map((one) => one.trim()))
  const protocol = PROTOCOLS.find((one) => offered.includes(one)) ?? 'v4.channel.k8s.io'
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: SPDY/3.1\r\nConnection: Upgrade\r\nX-Stream-Protocol-Version: ${protocol}\r\n\r\n`,
  )
  const truthy = (name: string): boolean => ['1', 'true'].includes(request.query[name] ?? '')
  const expected = ['stdin', 'stdout', 'stderr'].filter(truthy).length + 1 + (truthy('tty') ? 1 : 0)
  const peer = new SpdyPeer(socket, listener, expected)
  peer.receive(head)
  return peer
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

class SpdyPeer implements ChannelPeer {
  private readonly headers = new HeaderBlocks()
  private readonly decoder = new TextDecoder()
  private unread: Buffer = Buffer.alloc(0)
  /** Frames are read one after the other: header blocks depend on those before them. */
  private reading: Promise<void> = Promise.resolve()
  private streams = new Map<string, number>()
  private names = new Map<number, string>()
  private waiting: (() => void)[] = []

  constructor(
    private readonly socket: Duplex,
    private readonly listener: ChannelListener,
    /** Streams that the client will open before it wants output. */
    private readonly expected: number,
  ) {
    socket.on('data', (bytes: Buffer) => this.receive(bytes))
    socket.on('error', () => undefined)
    socket.once('close', () => {
      this.headers.close()
      listener.gone()
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

  send(channel: OutputChannel, bytes: Buffer): void {
    this.whenOpen(() => this.write(channel, bytes))
  }

  close(): void {
    this.whenOpen(() => {
      for (const id of this.streams.values()) this.socket.write(dataFrame(id, Buffer.alloc(0), FIN))
      this.socket.write(controlFrame(TYPE.goAway, words(0, 0)))
      setTimeout(() => this.socket.end(), 200).unref()
    })
  }

  private write(channel: OutputChannel, bytes: Buffer): void {
    const id = this.streams.get(channel)
    if (id !== undefined && !this.socket.destroyed) this.socket.write(dataFrame(id, bytes))
  }

  /** Output waits until the client has opened all that it asked for. */
  private whenOpen(act: () => void): void {
    if (this.streams.size >= this.expected) act()
    else this.waiting.push(act)
  }

  private async frame(frame: Buffer): Promise<void> {
    const body = frame.subarray(8)
    const flags = frame[4] ?? 0
    if (((frame[0] ?? 0) & 0x80) === 0) return this.data(frame.readUInt32BE(0), body, flags)
    const type = frame.readUInt16BE(2)
    if (type === TYPE.synStream) return this.opened(body)
    if (type === TYPE.ping) this.socket.write(controlFrame(TYPE.ping, body))
    if (type === TYPE.rstStream && this.names.get(body.readUInt32BE(0) & 0x7fffffff) === 'stdin')
      this.listener.stdinClosed()
  }

  private async opened(body: Buffer): Promise<void> {
    const id = body.readUInt32BE(0) & 0x7fffffff
    const { streamtype = '' } = await this.headers.parse(body.subarray(10))
    const reply = await this.headers.make({})
    this.socket.write(controlFrame(TYPE.synReply, Buffer.concat([words(id), reply])))
    this.streams.set(streamtype, id)
    this.names.set(id, streamtype)
    if (this.streams.size < this.expected) return
    const waiting = this.waiting
    this.waiting = []
    for (const act of waiting) act()
  }

  private data(id: number, bytes: Buffer, flags: number): void {
    if (this.names.get(id) === 'resize') return this.listener.resized(bytes.toString())
    if (this.names.get(id) !== 'stdin') return
    if (bytes.length > 0) {
      this.socket.write(controlFrame(TYPE.windowUpdate, words(id, bytes.length)))
      this.listener.stdin(this.decoder.decode(bytes, { stream: true }))
    }
    if ((flags & FIN) !== 0) this.listener.stdinClosed()
  }
}
