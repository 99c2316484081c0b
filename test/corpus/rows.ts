/** The rows of a corpus, as its files hold them. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** A kubectl command and the real kubectl's answer on an empty cluster. */
export interface AnswerRow {
  id: string
  i: number
  argv: string[]
  rc: number
  cls: string
  stdin?: string
  stdout?: string
  stderr?: string
  requests?: string[]
  stateless?: boolean
  approx?: boolean
}

/** A line that somebody wrote down, with the output they pasted. */
export interface CommandRow {
  id: string
  repo: string
  path: string
  line: number
  program: string
  command: string
  expected?: string
  expected_kind?: string
}

/** A document with what the OpenAPI of the release says of it. */
export interface ManifestRow {
  id: string
  apiVersion: string
  kind: string
  name: string
  parses: boolean
  check: { api: string; [problem: string]: unknown }
  yaml: string
}

/** The rows of one file; none when there is no such file. */
export function readRows<Row>(folder: string, file: string): Row[] {
  const path = join(folder, file)
  if (!existsSync(path)) return []
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => JSON.parse(line) as Row)
}
