/**
 * Programs as files. An installed binary is a file whose text names program and version:
 * `\x7fELF kubelet v1.35.3`. Copying, moving or downloading the file carries both.
 */
import type { FileTree } from './files.ts'

const HEADER = /^\x7fELF ([\w.+-]+) v(\S+)\n/

/** What an executable's text begins with. */
export function makeBinary(program: string, version: string): string {
  return `\x7fELF ${program} v${version}\n`
}

/** The program and version that a text begins with; undefined: it is no such binary. */
export function parseBinary(text: string): { program: string; version: string } | undefined {
  const match = HEADER.exec(text)
  return match === null ? undefined : { program: match[1] ?? '', version: match[2] ?? '' }
}

/** The version of the binary at a path, without `v`; undefined: there is none, or it does not say. */
export function binaryVersion(files: FileTree, path: string): string | undefined {
  const text = files.node(path)?.text
  return text?.startsWith('\x7fELF ') === true ? parseBinary(text)?.version : undefined
}

/** What an inode says of the program in a text; nothing for a text that is no binary. */
export function binaryAttributes(text: string): { program?: string } {
  const found = text.startsWith('\x7fELF ') ? parseBinary(text) : undefined
  return found === undefined ? {} : { program: found.program }
}
