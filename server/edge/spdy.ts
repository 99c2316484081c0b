/**
 * exec and attach over SPDY/3.1, as kubectl before 1.30 speaks it: the client opens a stream for each of
 * error, stdin, stdout, stderr and resize, named by the header `streamtype`. Models remotecommand v4.
 */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { SpdyConnection } from './spdy-connection.ts'
import type { ChannelListener, ChannelPeer, OpenPeer, OutputChannel } from './upgrade.ts'

const PROTOCOLS = ['v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io']

export const wantsSpdy = (incoming: IncomingMessage): boolean => incoming.headers.upgrade?.toLowerCase() === 'spdy/3.1'

/** Answers the upgrade, with the first protocol of `known` that the client offers. */
export function acceptSpdy(incoming: IncomingMessage, socket: Duplex, known: readonly string[]): void {
  const offered = [incoming.headers['x-stream-protocol-version'] ?? []]
    .flat()
    .flatMap((value) => value.split(',').map((one) => one.trim()))
  const protocol = known.find((one) => offered.includes(one)) ?? known[0]
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: SPDY/3.1\r\nConnection: Upgrade\r\nX-Stream-Protocol-Version: ${protocol}\r\n\r\n`,
  )
}

export const openSpdy: OpenPeer = ({ incoming, socket, head, request }, listener) => {
  acceptSpdy(incoming, socket, PROTOCOLS)
  const truthy = (name: string): boolean => ['1', 'true'].includes(request.query[name] ?? '')
  const expected = ['stdin', 'stdout', 'stderr'].filter(truthy).length + 1 + (truthy('tty') ? 1 : 0)
  return new SpdyPeer(socket, head, listener, expected)
}

class SpdyPeer implements ChannelPeer {
  private readonly connection: SpdyConnection
  private streams = new Map<string, number>()
  private names = new Map<number, string>()
  private waiting: (() => void)[] = []

  constructor(
    socket: Duplex,
    head: Buffer,
    private readonly listener: ChannelListener,
    /** Streams that the client will open before it wants output. */
    private readonly expected: number,
  ) {
    this.connection = new SpdyConnection(socket, {
      opened: (id, { streamtype = '' }) => this.opened(id, streamtype),
      data: (id, bytes) => this.data(id, bytes),
      finished: (id) => void (this.names.get(id) === 'stdin' && this.listener.stdinClosed()),
      gone: () => listener.gone(),
    })
    this.connection.receive(head)
  }

  send(channel: OutputChannel, bytes: Buffer): void {
    this.whenOpen(() => {
      const id = this.streams.get(channel)
      if (id !== undefined) this.connection.write(id, bytes)
    })
  }

  close(): void {
    this.whenOpen(() => {
      for (const id of this.streams.values()) this.connection.finish(id)
      this.connection.close()
    })
  }

  /** Output waits until the client has opened all that it asked for. */
  private whenOpen(act: () => void): void {
    if (this.streams.size >= this.expected) act()
    else this.waiting.push(act)
  }

  private opened(id: number, name: string): void {
    this.streams.set(name, id)
    this.names.set(id, name)
    if (this.streams.size < this.expected) return
    const waiting = this.waiting
    this.waiting = []
    for (const act of waiting) act()
  }

  private data(id: number, bytes: Buffer): void {
    const name = this.names.get(id)
    if (name === 'resize') this.listener.resized(bytes.toString())
    if (name === 'stdin') this.listener.stdin(bytes)
  }
}
