/** What a person at a terminal sees besides the result: progress, on stderr, and colour where it is wanted. */
const isTerminal = process.stderr.isTTY === true
const hasColour = process.stdout.isTTY === true && (process.env.NO_COLOR ?? '') === ''

const paint =
  (code: number) =>
  (text: string): string =>
    hasColour ? `\u001b[${code}m${text}\u001b[0m` : text

export const bold = paint(1)
export const green = paint(32)
export const red = paint(31)
export const dim = paint(2)

/** A line that is overwritten by the next; nothing where no person looks. */
export function progress(text: string): void {
  if (isTerminal) process.stderr.write(`\r\u001b[K${text}`)
}

export function clearProgress(): void {
  if (isTerminal) process.stderr.write('\r\u001b[K')
}

/** Tells on stderr, above a progress line. */
export function note(text: string): void {
  clearProgress()
  process.stderr.write(`${text}\n`)
}

/** A mistake of the user's: the text is all they need. */
export class UsageError extends Error {
  constructor(
    message: string,
    readonly exitCode = 2,
  ) {
    super(message)
  }
}
