/** exec and attach: from an HTTP upgrade to channels, whichever framing the client speaks. */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { bytesOfText, textOfBytes } from '../../engine/index.ts'
import type { HttpRequest, HttpResponse } from '../../engine/index.ts'
import type { Exchange, Exchanges } from './exchanges.ts'
import { openSpdy, wantsSpdy } from './spdy.ts'
import { openWebSocket, wantsWebSocket } from './websocket.ts'

export type OutputChannel = 'stdout' | 'stderr' | 'error'

/** The client's end of a stream, whatever carries it. */
export interface ChannelPeer {
  send: (channel: OutputChannel, bytes: Buffer) => void
  /** All was sent. */
  close: () => void
}

/** What the client sends. */
export interface ChannelListener {
  stdin: (bytes: Uint8Array) => void
  /** The window of the client's terminal, as JSON: `{"Width":80,"Height":24}`. */
  resized: (json: string) => void
  /** No more input follows. */
  stdinClosed: () => void
  gone: () => void
}

export interface Upgrade {
  incoming: IncomingMessage
  socket: Duplex
  head: Buffer
  request: HttpRequest
  exchanges: Exchanges
  refuse: (response: HttpResponse) => void
}

export type OpenPeer = (upgrade: Upgrade, listener: ChannelListener) => ChannelPeer

export const isUpgradeForStreams = (incoming: IncomingMessage): boolean =>
  wantsWebSocket(incoming) || wantsSpdy(incoming)

interface ChannelChunk {
  channel: OutputChannel
  data: unknown
}

function bytesOf({ data }: ChannelChunk): Buffer {
  return Buffer.from(typeof data === 'string' ? bytesOfText(data) : JSON.stringify(data))
}

/** Asks the API server first; the connection changes its protocol only when the answer is 101. */
export function upgrade(upgraded: Upgrade): void {
  const open: OpenPeer = wantsWebSocket(upgraded.incoming) ? openWebSocket : openSpdy
  let peer: ChannelPeer | undefined
  const exchange: Exchange = upgraded.exchanges.begin(upgraded.request, {
    response: (response) => {
      if (response.code !== 101) return upgraded.refuse(response)
      peer = open(upgraded, listenerFor(exchange))
    },
    chunk: (chunk) => peer?.send((chunk as ChannelChunk).channel, bytesOf(chunk as ChannelChunk)),
    end: () => (peer === undefined ? void upgraded.socket.destroy() : peer.close()),
  })
  upgraded.socket.once('close', () => exchange.cancel())
}

function listenerFor(exchange: Exchange): ChannelListener {
  return {
    stdin: (bytes) => exchange.input({ channel: 'stdin', data: textOfBytes(bytes) }),
    resized: (json) => {
      const size = parseSize(json)
      if (size !== undefined) exchange.input({ channel: 'resize', ...size })
    },
    stdinClosed: () => exchange.input(null),
    gone: () => exchange.cancel(),
  }
}

function parseSize(json: string): { columns: number; rows: number } | undefined {
  try {
    const { Width: columns, Height: rows } = JSON.parse(json) as { Width?: unknown; Height?: unknown }
    const fits = (value: unknown): value is number =>
      Number.isInteger(value) && (value as number) > 0 && (value as number) <= 10_000
    return fits(columns) && fits(rows) ? { columns, rows } : undefined
  } catch {
    return undefined
  }
}
