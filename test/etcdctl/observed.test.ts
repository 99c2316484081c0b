/** How long etcdctl took with a real etcd of three members under faults, against the transcript of the same session (L). */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

const text = readFileSync(join(import.meta.dirname, '../transcripts/etcd-observed.transcript'), 'utf8')

interface Row {
  command: string
  output: string
  ms: number
}

/** The commands that say how long they took, in their order. */
const rows: Row[] = text
  .split(/^\$ /m)
  .slice(1)
  .flatMap((step) => {
    const ms = /^# (\d+) ms$/m.exec(step)?.[1]
    const [command = '', ...output] = step.split('\n')
    return ms === undefined
      ? []
      : [{ command: command.replace(/^.*bash ctl /, ''), output: output.join('\n'), ms: Number(ms) }]
  })

/** Command, error (or what it says), milliseconds. Elections are left to chance, within Raft's bounds. */
const OBSERVED: [command: RegExp, said: string, ms: number][] = [
  [/^4 get a$/, 'Error: etcdserver: rpc not supported for learner', 2700],
  [/move-leader/, 'Leadership transferred from', 118],
  [
    /^1 put a 3 --command-timeout=20s/,
    'Error: etcdserver: request timed out, possibly due to previous leader failure',
    7021,
  ],
  [/^1 put a 5$/, 'Error: context deadline exceeded', 5015],
  [/^1 put a 6 --command-timeout=20s/, 'Error: rpc error: code = Unknown desc = context deadline exceeded', 7025],
  [/^1 get a --command-timeout=20s/, 'Error: context deadline exceeded', 20_024],
  [
    /^1 endpoint health/,
    'is unhealthy: failed to commit proposal: context deadline exceeded\nError: unhealthy cluster',
    5020,
  ],
  [/^1 alarm list/, 'Error: context deadline exceeded', 5015],
]

describe('what took long then takes as long now (L)', () => {
  it.each(OBSERVED)('%s', (command, said, ms) => {
    const row = rows.find((one) => command.test(one.command))
    expect(row?.output).toContain(said)
    expect(Math.abs((row?.ms ?? 0) - ms)).toBeLessThanOrEqual(ms * 0.05)
  })

  it('a read without a quorum', () => {
    const row = rows.find(({ command, ms }) => command === '1 get a' && ms > 1000)
    expect(row?.output).toContain('Error: rpc error: code = Unknown desc = context deadline exceeded\nrc=1')
    expect(Math.abs((row?.ms ?? 0) - 5102)).toBeLessThanOrEqual(5102 * 0.05)
  })

  it('everything else is done within 50 ms', () => {
    const slow = rows.filter(({ command, ms }) => ms > 50 && !OBSERVED.some(([one]) => one.test(command)))
    expect(
      slow.filter(({ command }) => /^\d/.test(command) && !/^1 get a$|put a 3$|member remove/.test(command)),
    ).toEqual([])
  })
})
