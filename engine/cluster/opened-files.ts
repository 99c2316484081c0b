/** Files as processes read them at their start: a later change on the disk is not theirs. */
import type { FileNode } from '../host/files.ts'

export interface OpenedFile {
  path: string
  node: FileNode
}

/** In a snapshot: the text only where the disk has another one by now. */
export type OpenedFilesState = Record<string, { path: string; text?: string }>

export class OpenedFiles {
  private readonly files = new Map<string, OpenedFile>()
  private saved: OpenedFilesState = {}

  /** `nodeOf` finds what stands at a path now, for the process of that name. */
  constructor(private readonly nodeOf: (key: string, path: string) => FileNode | undefined) {}

  /** The file of a process: what it opened, or what it opens now; undefined when there is none. */
  open(key: string, path: string): OpenedFile | undefined {
    const known = this.files.get(key) ?? this.reopened(key)
    if (known?.path === path) return known
    const node = this.nodeOf(key, path)
    if (node === undefined) return undefined
    const opened = { path, node }
    this.files.set(key, opened)
    return opened
  }

  /** The process has ended. */
  forget(key: string): void {
    this.files.delete(key)
    delete this.saved[key]
  }

  dump(): OpenedFilesState {
    const state: OpenedFilesState = { ...this.saved }
    for (const [key, { path, node }] of this.files)
      state[key] = { path, ...(this.nodeOf(key, path) !== node && { text: node.text ?? '' }) }
    return state
  }

  load(state: OpenedFilesState): void {
    this.files.clear()
    this.saved = state
  }

  /** The disk is there again: processes go on with what they had opened, whatever is written from now on. */
  loaded(): void {
    for (const key of Object.keys(this.saved)) this.reopened(key)
  }

  private reopened(key: string): OpenedFile | undefined {
    const saved = this.saved[key]
    if (saved === undefined) return undefined
    delete this.saved[key]
    const { path, text } = saved
    const current = this.nodeOf(key, path)
    const node = text === undefined ? current : ({ ...current, kind: 'file', text } as FileNode)
    if (node === undefined) return undefined
    const opened = { path, node }
    this.files.set(key, opened)
    return opened
  }
}
