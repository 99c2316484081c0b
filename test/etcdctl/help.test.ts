/** Help texts of etcdctl 3.4.23, 3.5.30 and etcdutl 3.5.30, byte for byte. */
import { describe, expect, it } from 'vitest'
import { ctl } from './bench.ts'
import recorded from './recorded-help.json' with { type: 'json' }

const cases = Object.entries(recorded).flatMap(([title, texts]) =>
  Object.entries(texts).map(([path, text]) => {
    const [tool, version] = title.startsWith('etcdutl') ? ['etcdutl', '3.5.30'] : ['etcdctl', title]
    return [`${tool} ${version}`, tool, version, path, text] as [string, string, string, string, string]
  }),
)

describe('help', () => {
  it.each(cases)('%s: %s %s %s', (_title, tool, version, path, text) => {
    expect(ctl(`${tool} ${path} --help`, undefined, { version })).toMatchObject({ code: 0, stdout: text, stderr: '' })
  })

  it('is that of the version: what 3.6 has no more, and what is new', () => {
    const { stdout } = ctl('etcdctl --help', undefined, { version: '3.6.5' })
    expect(stdout).toContain('\tdowngrade enable\t')
    expect(stdout).not.toContain('snapshot restore')
    expect(stdout).not.toContain('snapshot status')
    expect(ctl('etcdctl snapshot status x', undefined, { version: '3.6.5' }).stdout).toContain('NAME:\n\tsnapshot - ')
  })

  it('is shown for a command that has subcommands, and for `help get`', () => {
    expect(ctl('etcdctl endpoint foo').stdout).toBe(ctl('etcdctl endpoint --help').stdout)
    expect(ctl('etcdctl help get').stdout).toBe(recorded['3.5.30'].get)
    expect(ctl('etcdctl').stdout).toBe(recorded['3.5.30'][''])
  })
})
