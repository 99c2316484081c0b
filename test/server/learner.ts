/** A browser as the trainer sees it: a cookie, the REST interface, and a live socket. */
import { io } from 'socket.io-client'
import type { Socket } from 'socket.io-client'
import { LIVE_PATH } from '../../server/contract.ts'
import type { AttemptView, ClientEvents, ServerEvents } from '../../server/contract.ts'

export interface Answered<T> {
  status: number
  body: T
  headers: Headers
}

export class Learner {
  private cookie = ''
  constructor(readonly url: string) {}

  async call<T = unknown>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answered<T>> {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...(this.cookie !== '' && { cookie: this.cookie }),
        ...(text !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(text !== undefined && { body: text as string }),
    })
    const set = response.headers.get('set-cookie')
    if (set !== null) this.cookie = set.split(';')[0] ?? ''
    const answer = await response.text()
    return {
      status: response.status,
      body: (answer.startsWith('{') || answer.startsWith('[') ? JSON.parse(answer) : answer) as T,
      headers: response.headers,
    }
  }

  async start(scenario: string, more: object = {}): Promise<AttemptView> {
    if (this.cookie === '') await this.call('GET', '/api/scenarios')
    const { status, body } = await this.call<AttemptView>('POST', '/api/attempts', { scenario, ...more })
    if (status !== 201 || body.state !== 'running')
      throw new Error(`start: ${status} ${JSON.stringify(body).slice(0, 400)}`)
    return body
  }

  /** Opens the live socket of an attempt. */
  look(attempt: string, headers: Record<string, string> = {}): Promise<Screen> {
    const socket: Socket<ServerEvents, ClientEvents> = io(this.url, {
      path: LIVE_PATH,
      auth: { attempt },
      extraHeaders: { cookie: this.cookie, ...headers },
      transports: ['websocket'],
      reconnection: false,
      forceNew: true,
    })
    return new Promise((resolve, reject) => {
      const screen = new Screen(socket)
      socket.on('hello', (view, scrollback) => {
        screen.view = view
        screen.text = { ...scrollback }
        resolve(screen)
      })
      socket.on('connect_error', (error) => {
        socket.close()
        reject(error)
      })
    })
  }
}

export class Screen {
  view: AttemptView | undefined
  text: Record<string, string> = {}
  notices: string[] = []

  constructor(readonly socket: Socket<ServerEvents, ClientEvents>) {
    socket.on(
      'terminal.output',
      ({ terminal, text }) => void (this.text[terminal] = (this.text[terminal] ?? '') + text),
    )
    socket.on('notice', ({ text }) => void this.notices.push(text))
    socket.on('view', (view) => void (this.view = view))
  }

  async open(host = 'base'): Promise<string> {
    const answer = await this.socket.emitWithAck('terminal.open', { host, columns: 100, rows: 30 })
    if (answer.error !== undefined) throw new Error(answer.error)
    await this.until(answer.terminal, /[$#] $/)
    return answer.terminal
  }

  /** Types a line; resolves to what was shown until the next prompt. */
  async type(terminal: string, line: string, end = /[$#] $/): Promise<string> {
    const from = (this.text[terminal] ?? '').length
    const answer = await this.socket.emitWithAck('terminal.input', { terminal, text: `${line}\r` })
    if (answer.error !== undefined) throw new Error(answer.error)
    await this.until(terminal, end, from + line.length)
    return (this.text[terminal] ?? '').slice(from)
  }

  async until(terminal: string, pattern: RegExp, from = 0): Promise<void> {
    const deadline = Date.now() + 20_000
    while (!pattern.test((this.text[terminal] ?? '').slice(from))) {
      if (Date.now() > deadline)
        throw new Error(`never saw ${pattern}: ${JSON.stringify((this.text[terminal] ?? '').slice(-500))}`)
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }

  close(): void {
    this.socket.close()
  }
}
