/** How etcdctl gives up. Models etcdctl/ctlv3/command/error.go. */

export const EXIT = {
  error: 1,
  badConnection: 2,
  /** Of a transaction's text. */
  invalidInput: 3,
  /** An output format that the command does not have. */
  badFeature: 4,
  interrupted: 5,
  io: 6,
  badArgs: 128,
} as const

/** Thrown by a command: `Error: <message>` and the exit code. */
export class Failed extends Error {
  constructor(
    readonly code: number,
    message: string,
  ) {
    super(message)
  }
}

/** Thrown when all has been said already. */
export class Ended extends Error {
  constructor(readonly code: number) {
    super('')
  }
}

export const badArgs = (message: string): Failed => new Failed(EXIT.badArgs, message)
export const notSimulated = (what: string): Failed => new Failed(EXIT.error, `not simulated: ${what}`)
export const unsupportedFormat = (format: string): Failed =>
  new Failed(EXIT.badFeature, `${format} not supported as output format`)
