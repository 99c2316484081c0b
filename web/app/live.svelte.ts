/**
 * One attempt, live: what the socket says, as state for the page. A `hello` comes on every connection,
 * the first or a later one, and replaces everything; terminals are then drawn again from their scroll-back.
 */
import { io } from 'socket.io-client'
import type { Socket } from 'socket.io-client'
import type { ClusterPicture } from '../../engine/index.ts'
import { LIVE_PATH } from '../../server/contract.ts'
import type { Answer, AttemptView, ClientEvents, ClockView, ServerEvents } from '../../server/contract.ts'

export interface EditRequest {
  terminal: string
  path: string
  text: string
  editor: 'vi' | 'nano'
}

/** What a terminal on the page does with its bytes. */
export interface Screen {
  restore(text: string): void
  write(text: string): void
}

/** Held for a terminal that is not on the page yet. */
const MAX_HELD_CHARACTERS = 1_000_000

export class LiveAttempt {
  view = $state.raw<AttemptView>()
  picture = $state.raw<ClusterPicture>()
  clock = $state.raw<ClockView>()
  /** When `clock` came, on the page's own clock. */
  clockAtMs = $state(0)
  connection = $state<'connecting' | 'open' | 'lost'>('connecting')
  /** Why the trainer refused the connection. */
  refused = $state<string>()
  notices = $state<{ id: number; text: string }[]>([])
  edits = $state<Record<string, EditRequest>>({})
  private socket: Socket<ServerEvents, ClientEvents>
  private screens = new Map<string, Screen>()
  private held = new Map<string, string>()
  private noticeCount = 0

  constructor(attempt: string) {
    this.socket = io({ path: LIVE_PATH, auth: { attempt }, transports: ['websocket', 'polling'] })
    this.socket.on('connect', () => (this.refused = undefined))
    this.socket.on('disconnect', (reason) => this.lost(reason))
    this.socket.on('connect_error', (error) => this.failed(error))
    this.socket.on('hello', (view, scrollback) => this.hello(view, scrollback))
    this.socket.on('view', (view) => this.see(view))
    this.socket.on('clock', (clock) => this.tick(clock))
    this.socket.on('picture', (picture) => (this.picture = picture))
    this.socket.on('notice', ({ text }) => this.notice(text))
    this.socket.on('terminal.output', ({ terminal, text }) => this.output(terminal, text))
    this.socket.on('terminal.edit', (request) => this.edit(request))
    this.socket.on('terminal.closed', ({ terminal }) => this.forget(terminal))
  }

  close(): void {
    this.socket.disconnect()
  }

  notice(text: string): void {
    this.notices = [...this.notices.filter((notice) => notice.text !== text), { id: this.noticeCount++, text }].slice(
      -3,
    )
  }

  dismiss(id: number): void {
    this.notices = this.notices.filter((notice) => notice.id !== id)
  }

  /** Ties a terminal on the page to its bytes; what it has shown so far is written at once. Returns how to untie it. */
  attach(terminal: string, screen: Screen): () => void {
    this.screens.set(terminal, screen)
    screen.restore(this.held.get(terminal) ?? '')
    this.held.delete(terminal)
    return () => this.screens.delete(terminal)
  }

  /** What is typed while the connection is lost is dropped: nobody should type blind. */
  input(terminal: string, text: string): void {
    if (this.connection === 'open') this.socket.emit('terminal.input', { terminal, text })
  }

  resize(terminal: string, columns: number, rows: number): void {
    if (this.connection === 'open') this.socket.emit('terminal.resize', { terminal, columns, rows })
  }

  closeTerminal(terminal: string): void {
    this.socket.emit('terminal.close', { terminal })
  }

  edited(terminal: string, text: string | null): void {
    this.socket.emit('terminal.edited', { terminal, text })
    delete this.edits[terminal]
  }

  /** Opens a terminal; answers its id, or undefined after a notice that says why not. */
  async open(host: string, columns: number, rows: number): Promise<string | undefined> {
    const answer: Answer<{ terminal: string }> = await this.socket
      .timeout(10_000)
      .emitWithAck('terminal.open', { host, columns, rows })
      .catch((error: unknown) => ({ error: String(error) }))
    if (answer.error !== undefined) {
      this.notice(answer.error)
      return undefined
    }
    return answer.terminal
  }

  private hello(view: AttemptView, scrollback: Record<string, string>): void {
    this.connection = 'open'
    this.held = new Map(Object.entries(scrollback))
    this.see(view)
    for (const terminal of Object.keys(this.edits)) {
      if (!view.terminals.some(({ id }) => id === terminal)) delete this.edits[terminal]
    }
    for (const [terminal, screen] of this.screens) {
      screen.restore(this.held.get(terminal) ?? '')
      this.held.delete(terminal)
    }
  }

  private see(view: AttemptView): void {
    this.view = view
    this.tick(view.clock)
  }

  private tick(clock: ClockView): void {
    this.clock = clock
    this.clockAtMs = performance.now()
  }

  /** A trainer that we come back to asks again for what is being edited: the text on the page stays. */
  private edit(request: EditRequest): void {
    if (this.edits[request.terminal]?.path !== request.path) this.edits[request.terminal] = request
  }

  private output(terminal: string, text: string): void {
    const screen = this.screens.get(terminal)
    if (screen !== undefined) return screen.write(text)
    this.held.set(terminal, ((this.held.get(terminal) ?? '') + text).slice(-MAX_HELD_CHARACTERS))
  }

  private forget(terminal: string): void {
    this.held.delete(terminal)
    delete this.edits[terminal]
    if (this.view !== undefined) {
      this.view = { ...this.view, terminals: this.view.terminals.filter((each) => each.id !== terminal) }
    }
  }

  private lost(reason: string): void {
    if (reason === 'io client disconnect') return
    this.connection = 'lost'
    if (reason === 'io server disconnect') this.socket.connect()
  }

  private failed(error: Error): void {
    if (this.socket.active) {
      if (this.view !== undefined) this.connection = 'lost'
    } else this.refused = error.message
  }
}
