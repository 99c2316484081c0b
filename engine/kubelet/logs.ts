/** Log lines as `kubectl logs` asks for them. Models pkg/kubelet/kuberuntime/logs (PodLogOptions). */
import { linesOf } from './container.actions.ts'
import type { ContainerInstance, LogLine, PodRecord } from './state.ts'

export interface LogOptions {
  tailLines?: number
  sinceSeconds?: number
  sinceTimeMs?: number
  timestamps: boolean
  limitBytes?: number
}

/** Reads the options out of a query. */
export function parseLogOptions(query: Record<string, string>): LogOptions {
  const number = (name: string): number | undefined =>
    query[name] === undefined || query[name] === '' ? undefined : Number(query[name])
  const sinceTime = query.sinceTime === undefined ? undefined : Date.parse(query.sinceTime)
  return {
    tailLines: number('tailLines'),
    sinceSeconds: number('sinceSeconds'),
    sinceTimeMs: sinceTime,
    timestamps: query.timestamps === 'true',
    limitBytes: number('limitBytes'),
  }
}

/** The text of the lines that the options choose, and how many lines the container has printed. */
export function logText(
  instance: ContainerInstance,
  clockMs: number,
  options: LogOptions,
): { text: string; count: number } {
  const all = linesOf(instance, clockMs)
  const since =
    options.sinceTimeMs ?? (options.sinceSeconds === undefined ? undefined : clockMs - options.sinceSeconds * 1000)
  const recent = since === undefined ? all : all.filter(({ atMs }) => atMs >= since)
  const chosen =
    options.tailLines === undefined || options.tailLines < 0
      ? recent
      : options.tailLines === 0
        ? []
        : recent.slice(-options.tailLines)
  const text = chosen.map((line) => lineText(line, options.timestamps)).join('')
  return { text: options.limitBytes === undefined ? text : text.slice(0, options.limitBytes), count: all.length }
}

export function lineText(line: LogLine, timestamps: boolean): string {
  const stamp = timestamps ? `${new Date(line.atMs).toISOString().slice(0, 23)}000000Z ` : ''
  return `${stamp}${line.text}${line.partial === true ? '' : '\n'}`
}

/** A container's log as the runtime writes it to a file: `2026-11-20T09:00:12.345000000Z stderr F …`. Models containerd's pkg/cri/io. */
export function criLog(records: Iterable<PodRecord>, id: string, clockMs: number): string {
  for (const { containers, previous } of records)
    for (const one of [...Object.values(containers), ...Object.values(previous)])
      if (one.id === id) return linesOf(one, clockMs).map(criLine).join('')
  return ''
}

const criLine = ({ atMs, stream, text, partial }: LogLine): string =>
  `${new Date(atMs).toISOString().slice(0, 23)}000000Z ${stream} ${partial === true ? 'P' : 'F'} ${text}\n`
