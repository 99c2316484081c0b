/**
 * The channels of exec and attach over WebSocket: each message starts with its channel's number.
 * Models k8s.io/apimachinery remotecommand: v5.channel.k8s.io (input can be closed) and v4, and the base64
 * forms of v4 that browsers use.
 */
import type { IncomingMessage } from 'node:http'
import { WebSocketServer } from 'ws'
import type { WebSocket } from 'ws'
import type { ChannelListener, ChannelPeer, OpenPeer, OutputChannel } from './upgrade.ts'

const PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io', 'v4.base64.channel.k8s.io', 'channel.k8s.io']
const OUT: Record<OutputChannel, number> = { stdout: 1, stderr: 2, error: 3 }
const STDIN = 0
const RESIZE = 4
const CLOSE = 255
const MAX_MESSAGE_BYTES = 1024 * 1024

const sockets = new WebSocketServer({
  noServer: true,
  maxPayload: MAX_MESSAGE_BYTES,
  handleProtocols: (offered) => PROTOCOLS.find((protocol) => offered.has(protocol)) ?? false,
})

export const wantsWebSocket = (incoming: IncomingMessage): boolean =>
  incoming.headers.upgrade?.toLowerCase() === 'websocket'

export const openWebSocket: OpenPeer = ({ incoming, socket, head }, listener) => {
  const early: [OutputChannel, Buffer][] = []
  let open: ChannelPeer | undefined
  let closed = false
  sockets.handleUpgrade(incoming, socket, head, (webSocket) => {
    open = peerOf(webSocket, listener)
    for (const [channel, bytes] of early) open.send(channel, bytes)
    if (closed) open.close()
  })
  return {
    send: (channel, bytes) => void (open === undefined ? early.push([channel, bytes]) : open.send(channel, bytes)),
    close: () => {
      closed = true
      open?.close()
    },
  }
}

function peerOf(webSocket: WebSocket, listener: ChannelListener): ChannelPeer {
  const base64 = webSocket.protocol.includes('base64')
  webSocket.on('message', (raw: Buffer) => {
    const channel = base64 ? (raw[0] ?? 0) - 48 : (raw[0] ?? -1)
    const body = base64 ? Buffer.from(raw.subarray(1).toString(), 'base64') : raw.subarray(1)
    if (channel === STDIN && body.length > 0) listener.stdin(body)
    if (channel === RESIZE) listener.resized(body.toString())
    if (raw[0] === CLOSE && raw[1] === STDIN) listener.stdinClosed()
  })
  webSocket.on('close', () => listener.gone())
  webSocket.on('error', () => webSocket.terminate())
  return {
    send: (channel, bytes) =>
      void webSocket.send(
        base64 ? `${OUT[channel]}${bytes.toString('base64')}` : Buffer.concat([Buffer.from([OUT[channel]]), bytes]),
      ),
    close: () => webSocket.close(1000),
  }
}
