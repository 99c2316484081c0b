/** What flies through the interpreter besides results. */

/** A failed expansion or builtin, with the text after `bash: `. `fatal`: a script ends. */
export class ShellError extends Error {
  constructor(
    message: string,
    readonly code = 1,
    readonly fatal = false,
  ) {
    super(message)
  }
}

export class LoopJump extends Error {
  constructor(
    readonly kind: 'break' | 'continue',
    public levels: number,
  ) {
    super(kind)
  }
}

export class ReturnJump extends Error {
  constructor(readonly code: number) {
    super('return')
  }
}

export class ExitJump extends Error {
  constructor(readonly code: number) {
    super('exit')
  }
}

/** Ctrl-C at a prompt's command: back to the prompt. */
export class Interrupted extends Error {}
