/** System calls on files, as the user of the process. */
import type { Actor, FileTree } from '../../files.ts'
import type { Syscall } from '../../process.ts'
import type { RuntimeCall } from '../machine.ts'
import { absolute, actorOf } from './paths.ts'

type FileCall = (tree: FileTree, path: string, actor: Actor, args: Syscall, toPath: (path: string) => string) => unknown

const calls: Record<string, FileCall> = {
  readFile: (tree, path, actor) => tree.read(path, actor),
  writeFile: (tree, path, actor, args) =>
    tree.write(path, args.text as string, actor, args as { append?: boolean; mode?: number }),
  stat: (tree, path, actor, args) =>
    tree.stat(path, actor, { followLinks: (args.followLinks as boolean | undefined) ?? true }),
  list: (tree, path, actor) => tree.list(path, actor),
  mkdir: (tree, path, actor, args) => tree.mkdir(path, actor, args as { parents?: boolean; mode?: number }),
  remove: (tree, path, actor, args) => tree.remove(path, actor, args as { recursive?: boolean }),
  rename: (tree, _path, actor, args, to) => tree.rename(to(args.from as string), to(args.to as string), actor),
  symlink: (tree, path, actor, args) => tree.symlink(args.target as string, path, actor),
  chmod: (tree, path, actor, args) => tree.chmod(path, args.mode as number, actor),
  chown: (tree, path, actor, args) => tree.chown(path, args.owner as string, args.group as string | undefined, actor),
  realPath: (tree, path, actor) => tree.realPath(path, actor),
  setTime: (tree, path, actor, args) => tree.setTime(path, args.mtimeMs as number, actor),
  /** The program that an executable stands for, and whether this user may read, write or execute a path. */
  programOf: (tree, path, actor) => ({ program: tree.node(path, actor)?.program }),
}

function fileCall(call: FileCall): RuntimeCall {
  return (machine, process, args) => {
    const tree = machine.world.tree(process.host, process.root)
    if (tree === undefined) return { error: 'ENOENT' }
    const path = absolute(process, (args.path as string | undefined) ?? '/')
    return call(tree, path, actorOf(machine, process), args, (other) => absolute(process, other))
  }
}

export const fileCalls: Record<string, RuntimeCall> = Object.fromEntries(
  Object.entries(calls).map(([name, call]) => [name, fileCall(call)]),
)
