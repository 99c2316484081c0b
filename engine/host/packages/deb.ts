/**
 * A .deb as a text: a control stanza and the files it brings. Models deb(5) as far as dpkg's behaviour shows it.
 */
import { makeStanza, parseStanzas } from './control.ts'
import type { Stanza } from './control.ts'

export interface DebFile {
  path: string
  text: string
  /** 0644 unless told. */
  mode?: number
  /** What it is said to occupy: a binary's text is short. */
  sizeBytes?: number
  /** Kept by a removal, taken by a purge. */
  conffile?: true
  /** It is a link to there. */
  link?: string
}

/** What the maintainer's scripts do. */
export interface DebScripts {
  /** Units to enable at the first installation. */
  enable?: string[]
  /** Units to start at the first installation, to restart at an upgrade, to stop at a removal. */
  restart?: string[]
}

export interface Deb {
  control: Stanza
  files: DebFile[]
  scripts?: DebScripts
}

const MAGIC = '!<arch>\ndebian-binary 2.0\n'

export function makeDeb({ control, files, scripts }: Deb): string {
  return `${MAGIC}${makeStanza(control)}\n${JSON.stringify({ files, ...(scripts && { scripts }) })}\n`
}

/** Undefined: the text is no package. */
export function parseDeb(text: string): Deb | undefined {
  if (!text.startsWith(MAGIC)) return undefined
  const end = text.indexOf('\n\n', MAGIC.length)
  const [control] = parseStanzas(text.slice(MAGIC.length, end))
  if (control === undefined || end < 0) return undefined
  try {
    const { files, scripts } = JSON.parse(text.slice(end + 2)) as Omit<Deb, 'control'>
    return { control, files, ...(scripts !== undefined && { scripts }) }
  } catch {
    return undefined
  }
}

/** `kubeadm_1.34.1-1.1_amd64.deb`; an epoch's colon is `%3a`. */
export function debName({ Package = '', Version = '', Architecture = '' }: Stanza): string {
  return `${Package}_${Version.replaceAll(':', '%3a')}_${Architecture}.deb`
}
