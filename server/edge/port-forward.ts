/**
 * port-forward from outside: SPDY/3.1 (`portforward.k8s.io`: for each connection a data and an error stream), the
 * same frames in a WebSocket (`SPDY/3.1+portforward.k8s.io`, kubectl from 1.31 on), and WebSocket channels
 * (v4.channel.k8s.io: two channels a port, one connection each). Models kubelet cri/streaming/portforward and
 * apiserver util/proxy/websocket tunneling. Not modelled: what is no HTTP.
 */
import { createWebSocketStream, WebSocketServer } from 'ws'
import type { WebSocket } from 'ws'
import type { Duplex } from 'node:stream'
import type { Exchange } from './exchanges.ts'
import { ForwardedConnection } from './forwarded-connection.ts'
import { SpdyConnection } from './spdy-connection.ts'
import { acceptSpdy, wantsSpdy } from './spdy.ts'
import type { Upgrade } from './upgrade.ts'
import type { HttpResponse } from '../../engine/index.ts'

const SPDY_PROTOCOL = 'portforward.k8s.io'
const TUNNEL = `SPDY/3.1+${SPDY_PROTOCOL}`
const CHANNELS = ['v4.channel.k8s.io', 'v4.base64.channel.k8s.io']
const MAX_MESSAGE_BYTES = 4 * 1024 * 1024

const sockets = new WebSocketServer({
  noServer: true,
  maxPayload: MAX_MESSAGE_BYTES,
  handleProtocols: (offered) => [TUNNEL, ...CHANNELS].find((protocol) => offered.has(protocol)) ?? false,
})

/** Where the bytes of one connection go. */
interface Peer {
  bytes: (bytes: Buffer) => void
  failed: (message: string) => void
  finished: () => void
}

type FromPod = { connection: number } & ({ opened: true } | { response: HttpResponse } | { error: string })

/** All connections of one client. */
class Forwarding {
  private readonly connections = new Map<number, { connection: ForwardedConnection; peer: Peer }>()
  private serial = 0

  constructor(private readonly exchange: () => Exchange) {}

  open(port: number, peer: Peer): ForwardedConnection {
    const number = ++this.serial
    const send = (more: object = {}): void => this.exchange().input({ connection: number, port, ...more })
    const connection = new ForwardedConnection({
      request: (request) => send({ request }),
      bytes: (bytes) => peer.bytes(bytes),
      finished: () => {
        this.connections.delete(number)
        peer.finished()
      },
      strange: () => this.fail(number, 'not simulated: what is no HTTP over port-forward'),
    })
    this.connections.set(number, { connection, peer })
    send()
    return connection
  }

  heard(message: FromPod): void {
    const found = this.connections.get(message.connection)
    if (found === undefined) return
    if ('response' in message) found.connection.respond(message.response)
    if ('error' in message) this.fail(message.connection, message.error)
  }

  private fail(number: number, message: string): void {
    const found = this.connections.get(number)
    if (found === undefined) return
    this.connections.delete(number)
    found.peer.failed(message)
    found.peer.finished()
    found.connection.close()
  }
}

/** Asks the API server first; the connection changes its protocol only when the answer is 101. */
export function forwardPorts(upgraded: Upgrade): void {
  let close: (() => void) | undefined
  const forwarding = new Forwarding(() => exchange)
  const exchange: Exchange = upgraded.exchanges.begin(upgraded.request, {
    response: (response) => {
      if (response.code !== 101) return upgraded.refuse(response)
      close = open(upgraded, forwarding)
    },
    chunk: (chunk) => forwarding.heard(chunk as FromPod),
    end: () => (close === undefined ? void upgraded.socket.destroy() : close()),
  })
  upgraded.socket.once('close', () => exchange.cancel())
}

/** Starts the protocol that the client asked for; the result ends it. */
function open(upgraded: Upgrade, forwarding: Forwarding): () => void {
  const { incoming, socket, head } = upgraded
  if (wantsSpdy(incoming)) {
    acceptSpdy(incoming, socket, [SPDY_PROTOCOL])
    return speakSpdy(socket, head, forwarding)
  }
  let close: (() => void) | undefined
  sockets.handleUpgrade(incoming, socket, head, (webSocket) => {
    webSocket.on('error', () => webSocket.terminate())
    close =
      webSocket.protocol === TUNNEL
        ? speakSpdy(createWebSocketStream(webSocket), Buffer.alloc(0), forwarding)
        : speakChannels(webSocket, portsOf(incoming.url ?? ''), forwarding)
  })
  return () => close?.()
}

function speakSpdy(wire: Duplex, head: Buffer, forwarding: Forwarding): () => void {
  const errors = new Map<string, number>()
  const connections = new Map<number, ForwardedConnection>()
  const spdy = new SpdyConnection(wire, {
    opened: (id, { streamtype, port = '', requestid = '' }) => {
      if (streamtype === 'error') return void errors.set(requestid, id)
      const error = errors.get(requestid)
      const peer: Peer = {
        bytes: (bytes) => spdy.write(id, bytes),
        failed: (message) => void (error !== undefined && spdy.write(error, Buffer.from(message))),
        finished: () => {
          connections.delete(id)
          spdy.finish(id)
          if (error !== undefined) spdy.finish(error)
          errors.delete(requestid)
        },
      }
      connections.set(id, forwarding.open(Number(port), peer))
    },
    data: (id, bytes) => connections.get(id)?.receive(bytes),
    finished: (id) => connections.get(id)?.end(),
    gone: () => {
      for (const connection of connections.values()) connection.close()
    },
  })
  spdy.receive(head)
  return () => spdy.close()
}

/** `?ports=80&ports=443`, or parted by commas. */
function portsOf(url: string): number[] {
  const { searchParams } = new URL(url, 'http://api')
  return searchParams.getAll('ports').flatMap((text) => text.split(',').map(Number))
}

/** For the port at index i: channel 2i carries data, 2i + 1 errors; each begins with the port's number, low byte first. */
function speakChannels(webSocket: WebSocket, ports: number[], forwarding: Forwarding): () => void {
  const isBase64 = webSocket.protocol.includes('base64')
  const send = (channel: number, bytes: Buffer): void => {
    if (webSocket.readyState !== webSocket.OPEN) return
    if (isBase64) webSocket.send(`${channel}${bytes.toString('base64')}`)
    else webSocket.send(Buffer.concat([Buffer.from([channel]), bytes]))
  }
  let left = ports.length
  const connections = ports.map((port, index) => {
    const number = Buffer.from([port & 0xff, port >> 8])
    send(2 * index, number)
    send(2 * index + 1, number)
    return forwarding.open(port, {
      bytes: (bytes) => send(2 * index, bytes),
      failed: (message) => send(2 * index + 1, Buffer.from(message)),
      finished: () => {
        if (--left === 0) webSocket.close(1000)
      },
    })
  })
  webSocket.on('message', (raw: Buffer) => {
    const channel = isBase64 ? (raw[0] ?? 0) - 48 : (raw[0] ?? 0)
    const body = isBase64 ? Buffer.from(raw.subarray(1).toString(), 'base64') : raw.subarray(1)
    if (channel % 2 === 0 && body.length > 0) connections[channel / 2]?.receive(body)
  })
  webSocket.on('close', () => connections.forEach((connection) => connection.close()))
  return () => webSocket.close(1000)
}
