/** What a jq program knows of the outside, and how it ends. */
import type { Value, ValueMap } from './values.ts'

export interface World {
  nowMs: number
  env: Readonly<Record<string, string>>
  /** The next input; undefined: no more. */
  input(): Value | undefined
  debug(text: string): void
  /** Line of the input that was read last. */
  line(): number
  fileName(): string | null
  named: ValueMap
  positional: Value[]
}

/** Ends the program: `halt` and `halt_error`. */
export class Halt extends Error {
  constructor(
    readonly code: number,
    readonly value?: Value,
  ) {
    super('halt')
  }
}

/** A name that is not there, found before the program runs. */
export class Undefined extends Error {
  constructor(
    message: string,
    readonly at: number,
  ) {
    super(message)
  }
}
