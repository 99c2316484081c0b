/** How a program gives up. */
import type { Proc, Run } from '../process.ts'

/** Says why on stderr, and is the program's exit code. */
export function* end(p: Proc, code: number, text: string): Run<number> {
  yield* p.err(text)
  return code
}
