/** What goes wrong in a command, as values with upstream's exact texts. Models kubectl/pkg/cmd/util/helpers.go (K5). */

/** The body of a failed request. */
export interface Status {
  kind?: string
  status?: string
  message?: string
  reason?: string
  code?: number
  details?: {
    name?: string
    group?: string
    kind?: string
    retryAfterSeconds?: number
    causes?: { reason?: string; message?: string; field?: string }[]
  }
}

/** A failed command: printed as `error: <message>` unless the message already says so. Exit code 1. */
export class CommandError extends Error {
  constructor(
    message: string,
    readonly code = 1,
  ) {
    super(message)
  }

  /** The lines a person sees, without the last newline; empty when nothing is printed. */
  text(): string {
    return this.message.startsWith('error: ') ? this.message : `error: ${this.message}`
  }
}

/** Printed as it is, without `error: `. */
export class PlainError extends CommandError {
  override text(): string {
    return this.message
  }
}

/** Ends the program silently with this code. */
export class ExitError extends CommandError {
  constructor(code: number) {
    super('', code)
  }

  override text(): string {
    return ''
  }
}

/** A misuse of a command: `See 'kubectl <path> -h' for help and examples` follows. */
export class UsageError extends CommandError {
  constructor(path: string, message: string) {
    super(`${message}\nSee 'kubectl ${path} -h' for help and examples`)
  }
}

/** The server's refusal. `prefix` is what the command was doing, such as `error when creating "f.yaml"`. */
export class StatusError extends CommandError {
  constructor(
    readonly status: Status,
    readonly prefix = '',
  ) {
    super(prefix + (status.message ?? ''))
  }

  get reason(): string {
    return this.status.reason ?? ''
  }

  withPrefix(prefix: string): StatusError {
    return new StatusError(this.status, prefix + this.prefix)
  }

  override text(): string {
    if (this.reason === 'Invalid' && this.prefix === '') return invalidText(this.status)
    if (this.reason === 'Unauthorized')
      return `error: You must be logged in to the server (${this.status.message || 'Unauthorized'})`
    return `Error from server${this.reason ? ` (${this.reason})` : ''}: ${this.message}`
  }
}

/** No answer came. */
export class ConnectionError extends CommandError {
  constructor(
    readonly failure: string,
    readonly method: string,
    readonly url: string,
    message: string,
  ) {
    super(message)
  }

  /** `Get "https://…": dial tcp …`, as Go's url.Error prints. */
  get goText(): string {
    const verb = this.method.charAt(0) + this.method.slice(1).toLowerCase()
    return `${verb} "${this.url}": ${this.message}`
  }

  override text(): string {
    const host = this.url.replace(/^[a-z]+:\/\//, '').replace(/[/?].*$/, '')
    return this.failure === 'refused'
      ? `The connection to the server ${host} was refused - did you specify the right host or port?`
      : `Unable to connect to the server: ${this.message}`
  }
}

/** Several failures of one command, each on its own line; plain ones without `error: `. */
export class AggregateError extends CommandError {
  constructor(readonly errors: CommandError[]) {
    super(aggregateMessage(errors))
  }

  override text(): string {
    return this.errors.map((error) => (error.constructor === CommandError ? error.message : error.text())).join('\n')
  }
}

/** Go's utilerrors.Aggregate: one message as it is, several as `[a, b]`, repeated ones once. */
function aggregateMessage(errors: CommandError[]): string {
  const messages = [...new Set(errors.map((error) => error.message))]
  return messages.length === 1 ? messages[0]! : `[${messages.join(', ')}]`
}

/** Throws what was collected: nothing, the one, or all. */
export function throwAll(errors: CommandError[]): void {
  if (errors.length === 1) throw errors[0]!
  if (errors.length > 1) throw new AggregateError(errors)
}

/** Rejects what the simulator does not do. */
export const notSimulated = (what: string): CommandError => new CommandError(`not simulated: ${what}`)

export const isNotFound = (error: unknown): error is StatusError & { readonly reason: 'NotFound' } =>
  error instanceof StatusError && error.reason === 'NotFound'

export const isConflict = (error: unknown): error is StatusError & { readonly reason: 'Conflict' } =>
  error instanceof StatusError && error.reason === 'Conflict'

/** Puts `prefix` before the message, keeping the kind of the error. */
export function prefixed(prefix: string, error: unknown): unknown {
  if (error instanceof StatusError) return error.withPrefix(prefix)
  if (error instanceof ConnectionError) return error
  if (error instanceof CommandError) return new CommandError(prefix + error.message)
  return error
}

/** `The Deployment "web" is invalid: …`. */
function invalidText(status: Status): string {
  const details = status.details
  const named = Boolean(details?.kind || details?.name)
  if (!named && !details?.causes?.length) return `The request is invalid${status.message ? `: ${status.message}` : ''}`
  const head = named ? `The ${details?.kind ?? ''} "${details?.name ?? ''}" is invalid` : 'The request is invalid'
  const causes = [...new Set((details?.causes ?? []).map(causeText))]
  if (causes.length === 0) return head
  if (causes.length === 1) return `${head}: ${causes[0]}`
  return `${head}: \n${causes.map((cause) => `* ${cause}`).join('\n')}`
}

const causeText = (cause: { message?: string; field?: string }): string =>
  cause.field ? `${cause.field}: ${cause.message ?? ''}` : (cause.message ?? '')
