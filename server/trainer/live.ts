/** The live side: terminals, picture and clock over socket.io. A bad message is answered with an error and harms nothing. */
import type { Server as HttpServer } from 'node:http'
import { Server } from 'socket.io'
import type { Socket } from 'socket.io'
import { LIVE_PATH } from '../contract.ts'
import type { Answer, ClientEvents, ServerEvents } from '../contract.ts'
import { LIMITS, Refused } from '../limits.ts'
import { ownerOf } from '../sessions.ts'
import type { Sessions } from '../sessions.ts'
import type { Session, Watcher } from '../session.ts'
import { readCookie } from './cookies.ts'
import { hostAllowed, originAllowed } from './origin.ts'

interface SocketData {
  attempt: string
  owner: string
}

type LiveSocket = Socket<ClientEvents, ServerEvents, Record<string, never>, SocketData>
export type LiveServer = Server<ClientEvents, ServerEvents, Record<string, never>, SocketData>

type Rule = (value: unknown) => boolean
type Shape = Record<string, Rule>

const text =
  (max: number): Rule =>
  (value) =>
    typeof value === 'string' && value.length <= max
const size: Rule = (value) => Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 1_000
const name: Rule = (value) => typeof value === 'string' && /^[A-Za-z0-9._-]{1,64}$/.test(value)
const optional =
  (rule: Rule): Rule =>
  (value) =>
    value === undefined || rule(value)

const SHAPES = {
  'terminal.open': { host: name, user: optional(name), columns: size, rows: size },
  'terminal.input': { terminal: name, text: text(LIMITS.inputCharacters) },
  'terminal.resize': { terminal: name, columns: size, rows: size },
  'terminal.close': { terminal: name },
  'terminal.edited': { terminal: name, text: (value) => value === null || text(LIMITS.editedCharacters)(value) },
} satisfies Record<keyof ClientEvents, Shape>

type Messages = { [Name in keyof ClientEvents]: Parameters<ClientEvents[Name]>[0] }

/** What each message does to a session. */
const ACTS: { [Name in keyof ClientEvents]: (session: Session, message: Messages[Name]) => object } = {
  'terminal.open': (session, { host, user = 'candidate', columns, rows }) => ({
    terminal: session.openTerminal({ host, user, columns, rows }),
  }),
  'terminal.input': (session, { terminal, text }) => done(session.typed(terminal, text)),
  'terminal.resize': (session, { terminal, columns, rows }) => done(session.resized(terminal, columns, rows)),
  'terminal.close': (session, { terminal }) => done(session.closeTerminal(terminal)),
  'terminal.edited': (session, { terminal, text }) => done(session.edited(terminal, text)),
}

const done = (_: void): object => ({})

/** Why a message is no good; undefined when it is. */
function fault(shape: Shape, message: unknown): string | undefined {
  if (typeof message !== 'object' || message === null || Array.isArray(message)) return 'the message must be an object'
  const given = message as Record<string, unknown>
  const unknown = Object.keys(given).find((key) => !(key in shape))
  if (unknown !== undefined) return `unknown field "${unknown.slice(0, 40)}"`
  const bad = Object.entries(shape).find(([key, rule]) => !rule(given[key]))
  return bad && `field "${bad[0]}" is missing or not as it must be`
}

export interface LiveTools {
  sessions: Sessions
  boundTo: string
  log?: (line: string) => void
}

export function addLive(server: HttpServer, tools: LiveTools): LiveServer {
  const io: LiveServer = new Server(server, {
    path: LIVE_PATH,
    serveClient: false,
    maxHttpBufferSize: LIMITS.messageBytes,
    allowRequest: (request, answer) =>
      answer(
        null,
        hostAllowed(request.headers.host, tools.boundTo) && originAllowed(request.headers.origin, request.headers.host),
      ),
  })
  io.use((socket, next) => {
    const cookie = readCookie(socket.handshake.headers.cookie)
    const { attempt } = socket.handshake.auth as { attempt?: unknown }
    if (cookie === undefined || typeof attempt !== 'string') return next(new Error('no such attempt'))
    socket.data = { attempt, owner: ownerOf(cookie) }
    tools.sessions.open(attempt, socket.data.owner).then(
      (session) =>
        next(
          session.watcherCount >= LIMITS.socketsPerAttempt
            ? new Error('this attempt is open in too many pages')
            : undefined,
        ),
      (error: unknown) => next(new Error(error instanceof Refused ? error.message : 'the attempt could not be opened')),
    )
  })
  io.on('connection', (socket) => void connected(socket, tools).catch(() => socket.disconnect(true)))
  return io
}

async function connected(socket: LiveSocket, tools: LiveTools): Promise<void> {
  const { attempt, owner } = socket.data
  const session = await tools.sessions.open(attempt, owner)
  if (socket.disconnected) return
  const watcher = watcherFor(socket)
  socket.once('disconnect', () => session.unwatch(watcher))
  for (const event of Object.keys(SHAPES) as (keyof ClientEvents)[]) {
    socket.on(event, ((message: unknown, answer: unknown) => take(tools, socket.data, event, message, answer)) as never)
  }
  socket.emit('hello', session.view(), session.terminals.scrollback())
  for (const [terminal, edit] of session.terminals.edits()) watcher.edit(terminal, edit)
  session.watch(watcher)
}

function watcherFor(socket: LiveSocket): Watcher {
  return {
    output: (terminal, text) => void socket.emit('terminal.output', { terminal, text }),
    edit: (terminal, request) => void socket.emit('terminal.edit', { terminal, ...request }),
    closed: (terminal) => void socket.emit('terminal.closed', { terminal }),
    picture: (picture) => void socket.volatile.emit('picture', picture),
    clock: (clock) => void socket.emit('clock', clock),
    view: (view) => void socket.emit('view', view),
    notice: (text) => void socket.emit('notice', { text }),
  }
}

/** One message from a page. The session is looked up anew: it may have slept since. */
async function take(
  tools: LiveTools,
  { attempt, owner }: SocketData,
  event: keyof ClientEvents,
  message: unknown,
  answer: unknown,
): Promise<void> {
  const reply = typeof answer === 'function' ? (answer as (answer: Answer) => void) : () => undefined
  const wrong = fault(SHAPES[event], message)
  if (wrong !== undefined) return reply({ error: `${event}: ${wrong}` })
  try {
    const session = await tools.sessions.open(attempt, owner)
    reply((ACTS[event] as (session: Session, message: unknown) => object)(session, message))
  } catch (error) {
    if (!(error instanceof Refused)) tools.log?.(`${event}: ${error instanceof Error ? error.stack : String(error)}`)
    reply({ error: error instanceof Refused ? error.message : `${event}: the server could not do this` })
  }
}
