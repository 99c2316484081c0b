/** Texts and exit codes of mistakes, as recorded of etcdctl 3.4.23 and 3.5.30 and etcdutl 3.5.30 (H3, O8b). */
import { describe, expect, it } from 'vitest'
import { ctl } from './bench.ts'
import type { Member } from './bench.ts'

describe('arguments', () => {
  it.each([
    ['get', 128, 'get command needs one argument as key and an optional argument as range_end'],
    ['get a --prefix --from-key', 128, '`--prefix` and `--from-key` cannot be set at the same time, choose one'],
    [
      'get a --keys-only --count-only',
      128,
      '`--keys-only` and `--count-only` cannot be set at the same time, choose one',
    ],
    ['get a --count-only -w json', 128, '--count-only is only for `--write-out=fields`'],
    ['get a --order X', 4, 'bad sort order X'],
    ['get a --sort-by X', 4, 'bad sort target X'],
    ['get a --consistency=x', 4, 'unknown consistency flag "x"'],
    ['get a -w foo', 4, 'unsupported output format'],
    ['put', 128, 'put command needs 1 argument and input from stdin or 2 arguments'],
    ['put l v2 --ignore-value', 128, "put command needs only 1 argument when 'ignore-value' is set"],
    ['del', 128, 'del command needs one argument as key and an optional argument as range_end'],
    ['txn', 3, 'EOF'],
    ['lease grant', 128, 'lease grant command needs TTL argument'],
    ['lease grant x', 128, 'bad TTL (strconv.ParseInt: parsing "x": invalid syntax)'],
    [
      'lease timetolive zz',
      128,
      'bad lease ID arg (strconv.ParseInt: parsing "zz": invalid syntax), expecting ID in Hex',
    ],
    ['lease revoke', 128, 'lease revoke command needs 1 argument'],
    ['compaction', 128, 'compaction command needs 1 argument'],
    ['compaction x', 1, 'strconv.ParseInt: parsing "x": invalid syntax'],
    ['member add', 128, 'member name not provided'],
    ['member add a b', 128, 'too many arguments'],
    ['member add m2', 128, 'member peer urls not provided'],
    [
      'member add m2 --peer-urls=http://127.0.0.1:99:88',
      1,
      'URL address does not have the form "host:port": http://127.0.0.1:99:88',
    ],
    ['member remove', 128, 'member ID is not provided'],
    [
      'member remove zz',
      128,
      'bad member ID arg (strconv.ParseUint: parsing "zz": invalid syntax), expecting ID in Hex',
    ],
    ['move-leader zz', 128, 'strconv.ParseUint: parsing "zz": invalid syntax'],
    ['snapshot save', 128, 'snapshot save expects one argument'],
    [
      'snapshot save a --endpoints=127.0.0.1:1,127.0.0.1:2',
      5,
      'snapshot must be requested to one selected node, not multiple [127.0.0.1:1 127.0.0.1:2]',
    ],
    ['get a --endpoints=', 2, 'etcdclient: no available endpoints'],
    ['watch', 128, 'bad number of arguments'],
    ['lock', 128, 'lock takes a lock name argument and an optional command to execute'],
    ['elect', 128, 'elect takes one election name argument and an optional proposal argument'],
    ['get a --cert nofile --key nofile', 128, 'open nofile: no such file or directory'],
    ['get a --cacert nofile', 128, 'open nofile: no such file or directory'],
    ['get a --cert nofile', 128, 'KeyFile and CertFile must both be present[key: , cert: nofile]'],
    ['get a --key nofile', 128, 'KeyFile and CertFile must both be present[key: nofile, cert: ]'],
    ['get a --cert /junk --key /junk', 128, 'tls: failed to find any PEM data in certificate input'],
  ])('%s', (line, code, message) => {
    const result = ctl(`etcdctl ${line}`, undefined, { files: { '/junk': 'junk' } })
    expect([result.code, result.stderr, result.stdout]).toEqual([code, `Error: ${message}\n`, ''])
  })

  it('forms that a command does not have', () => {
    const put: Member = () => ({ kind: 'txn', succeeded: true, responses: [{ op: 'put' }] })
    expect(ctl('etcdctl put k v -w table', put)).toMatchObject({
      code: 4,
      stderr: 'Error: table not supported as output format\n',
    })
    const change: Member = () => ({ kind: 'memberChange', members: [] })
    expect(ctl('etcdctl member remove 1 -w fields', change)).toMatchObject({
      code: 4,
      stderr: 'Error: fields not supported as output format\n',
    })
  })

  it('malformed transactions', () => {
    const stderr = (stdin: string): [number, string] => {
      const result = ctl('etcdctl txn', undefined, { stdin })
      return [result.code, result.stderr]
    }
    expect(stderr('bla\n\n')).toEqual([3, 'Error: malformed comparison: bla\n'])
    expect(stderr('bla("x") = "1"\n\n')).toEqual([
      3,
      'Error: malformed comparison: bla("x") = "1" (unknown target bla)\n',
    ])
    expect(stderr('mod("x") = "z"\n\n')).toEqual([3, 'Error: invalid txn compare request: mod("x") = "z"\n'])
    expect(stderr('\nfoo x\n\n\n')).toEqual([3, 'Error: invalid txn request: foo x\n'])
  })
})

describe('flags and commands', () => {
  it('an unknown flag: the error, the usage, the error', () => {
    const { code, stdout, stderr } = ctl('etcdctl get a --cacertt x')
    const usage = ctl('etcdctl get --help').stdout
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toBe(`Error: unknown flag: --cacertt\n${usage}\nError: unknown flag: --cacertt\n`)
  })

  it.each([
    [
      'get a --command-timeout=foo',
      'invalid argument "foo" for "--command-timeout" flag: time: invalid duration "foo"',
    ],
    ['get a --limit x', 'invalid argument "x" for "--limit" flag: strconv.ParseInt: parsing "x": invalid syntax'],
    ['get a -w', "flag needs an argument: 'w' in -w"],
    ['get a --endpoints', 'flag needs an argument: --endpoints'],
    ['lock l1 sh -c x', "unknown shorthand flag: 'c' in -c"],
  ])('%s', (line, message) => {
    const { code, stderr } = ctl(`etcdctl ${line}`)
    expect(code).toBe(1)
    expect(stderr.startsWith(`Error: ${message}\nNAME:\n\t`)).toBe(true)
    expect(stderr.endsWith(`\n\n\nError: ${message}\n`)).toBe(true)
  })

  it('an unknown command, and what it may have been', () => {
    expect(ctl('etcdctl foo')).toMatchObject({
      code: 1,
      stderr:
        'Error: unknown command "foo" for "etcdctl"\nRun \'etcdctl --help\' for usage.\nError: unknown command "foo" for "etcdctl"\n',
    })
    const guess = 'unknown command "gett" for "etcdctl"\n\nDid you mean this?\n\tget\n'
    expect(ctl('etcdctl gett').stderr).toBe(`Error: ${guess}\nRun 'etcdctl --help' for usage.\nError: ${guess}\n`)
  })

  it('flags may stand before the command', () => {
    const member: Member = () => ({ kind: 'range', kvs: [], count: 0, more: false })
    const { questions } = ctl('etcdctl --endpoints http://1.2.3.4:2379 -w json get a', member)
    expect(questions[0]?.url).toBe('http://1.2.3.4:2379')
  })
})

describe('environment', () => {
  const none: Member = () => ({ kind: 'range', kvs: [], count: 0, more: false })

  it('stands for flags that were not given', () => {
    const env = { ETCDCTL_API: '3', ETCDCTL_ENDPOINTS: 'https://10.0.0.1:2379', ETCDCTL_WRITE_OUT: 'json' }
    const { questions, stdout } = ctl('etcdctl get a', none, { env })
    expect(questions[0]?.url).toBe('https://10.0.0.1:2379')
    expect(stdout).toMatch(/^\{"header"/)
  })

  it('conflicts with a flag that was given', () => {
    const setting = { env: { ETCDCTL_CACERT: 'foo' } }
    const { code, stderr } = ctl('etcdctl get a --cacert=bar', none, setting)
    expect(code).toBe(1)
    expect(stderr).toContain(
      '"msg":"conflicting environment variable is shadowed by corresponding command-line flag (either unset environment variable or disable flag))","environment-variable":"ETCDCTL_CACERT"',
    )
    expect(ctl('etcdctl get a --cacert=bar', none, { ...setting, version: '3.4.23' }).stderr).toMatch(
      / C \| pkg\/flags: conflicting environment variable "ETCDCTL_CACERT" is shadowed by corresponding command-line flag \(either unset environment variable or disable flag\)\n$/,
    )
  })

  it('is told about what it does not know', () => {
    const { stderr } = ctl('etcdctl get a', none, { env: { ETCDCTL_FOO: 'foo' } })
    expect(stderr).toContain('"msg":"unrecognized environment variable","environment-variable":"ETCDCTL_FOO=foo"')
  })

  it('ETCDCTL_API', () => {
    expect(ctl('etcdctl version', none, { env: { ETCDCTL_API: '4' } })).toMatchObject({
      code: 1,
      stderr: 'unsupported API version: 4\n',
    })
    expect(ctl('etcdctl', none, { env: { ETCDCTL_API: '2' } }).stdout).toMatch(
      /^NAME:\n {3}etcdctl - A simple command line client for etcd\.\n/,
    )
    expect(ctl('etcdctl version', none, { env: { ETCDCTL_API: '2' } })).toMatchObject({
      code: 3,
      stdout: "No help topic for 'version'\n",
    })
    expect(ctl('etcdctl get a', none, { env: { ETCDCTL_API: '2' }, version: '3.6.5' })).toMatchObject({
      code: 1,
      stderr: 'unsupported API version: 2\n',
    })
    expect(ctl('etcdctl get a', none, { env: { ETCDCTL_API: '2' } }).stderr).toContain('not simulated')
  })

  it('version', () => {
    expect(ctl('etcdctl version').stdout).toBe('etcdctl version: 3.5.30\nAPI version: 3.5\n')
    expect(ctl('etcdutl version', undefined, { version: '3.6.5' }).stdout).toBe(
      'etcdutl version: 3.6.5\nAPI version: 3.6\n',
    )
  })
})

describe('etcdutl', () => {
  it.each([
    ['snapshot status', 128, 'Error: snapshot status requires exactly one argument\n'],
    ['snapshot status nofile', 1, 'Error: stat nofile: no such file or directory\n'],
    [
      'foo',
      1,
      'Error: unknown command "foo" for "etcdutl"\nRun \'etcdutl --help\' for usage.\nError: unknown command "foo" for "etcdutl"\n',
    ],
    [
      'snapshot save x',
      128,
      'Command "save" is deprecated, Use `etcdctl snapshot save` to download snapshot\nError: In order to download snapshot use: `etcdctl snapshot save ...`\n',
    ],
  ])('%s', (line, code, stderr) => {
    expect(ctl(`etcdutl ${line}`)).toMatchObject({ code, stderr })
  })

  it('needs a data directory to restore to', () => {
    const { code, stderr } = ctl('etcdutl snapshot restore q.db')
    const error = 'Error: required flag(s) "data-dir" not set\n'
    expect(code).toBe(1)
    expect(stderr).toBe(`${error}${ctl('etcdutl snapshot restore --help').stdout}\n${error}`)
  })
})
