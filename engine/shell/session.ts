import type { Run } from '../host/process.ts'
import type { Interpreter } from './interpreter.ts'
export function* runInteractive(_sh: Interpreter, _options: { login: boolean; ending: (body: () => Run<number>) => Run<number> }): Run<number> {
  return 0
}
