/** How etcdctl asks for passwords. Models bgentry/speakeasy and etcdctl/ctlv3/command/user_command.go. */
import type { Proc, Run } from '../../host/process.ts'
import { badArgs } from './exit.ts'

/** One line; where there is no terminal, stty says so before and after. What is typed at a terminal shows, with its end. */
export function* askPassword(p: Proc, prompt: string): Run<string> {
  const isTerminal = yield* p.isTty(0)
  const stty = function* (): Run<void> {
    if (!isTerminal) yield* p.err("stty: 'standard input': Inappropriate ioctl for device\n")
  }
  yield* p.out(prompt)
  yield* stty()
  const line = yield* p.readLine()
  yield* stty()
  if (!isTerminal) yield* p.out('\n')
  return line ?? ''
}

/** Twice the same. */
export function* newPassword(p: Proc, user: string): Run<string> {
  const password = yield* askPassword(p, `Password of ${user}: `)
  if (password === '') throw badArgs('empty password')
  const again = yield* askPassword(p, `Type password of ${user} again for confirmation: `)
  if (again !== password) throw badArgs('given passwords are different')
  return password
}

/** --interactive=false: the first word that comes in (Scanf). */
export function* plainPassword(p: Proc): Run<string> {
  const line = yield* p.readLine()
  return /^\s*(\S*)/.exec(line ?? '')?.[1] ?? ''
}
