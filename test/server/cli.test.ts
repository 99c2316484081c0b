import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCli, startCli } from './process.ts'

describe('the command line', () => {
  let folder = ''
  beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'kubeflight-'))))
  afterAll(() => rmSync(folder, { recursive: true }))

  it('has help with examples and exit codes on each command', async () => {
    for (const command of ['serve', 'up', 'sh', 'grade', 'lint', 'replay']) {
      const { code, stdout } = await runCli([command, '--help'])
      expect({ command, code }).toEqual({ command, code: 0 })
      expect(stdout).toMatch(/Examples:\n {2}\$ [^]*Exit codes: /)
    }
  })

  it('tells wrong usage by exit code 2 and one line', async () => {
    for (const [args, says] of [
      [['nosuch'], "unknown command 'nosuch'"],
      [['up', '--speed', '3'], 'must be 1, 60 or max'],
      [['sh', '--control-planes', '2', '-c', 'true'], 'control planes: 2 is not one of 1, 3, 5'],
      [['sh', '/no/such/file'], 'no such file'],
      [['lint', '--starts', '0'], '--starts 0: must be 1 or more'],
      [['sh', '--measure', 'api', '-c', 'true'], 'must be such as api=https://'],
      [['sh', '--bare', 'a b', '-c', 'true'], 'must be names of hosts'],
      [['grade', 'no-such-scenario'], 'neither a file nor a scenario'],
      [['replay', '/no/such/file'], 'no such file'],
    ] as const) {
      const { code, stdout, stderr } = await runCli([...args])
      expect({ args, code, stdout }).toEqual({ args, code: 2, stdout: '' })
      expect(stderr).toContain(says)
    }
  })

  it('runs a script with its exit code, the same bytes twice', async () => {
    const script =
      'kubectl create deployment web --image=nginx:1.27\nsleep 30\nkubectl get pods -o wide\nkubectl get nope\nexit 7\n'
    const first = await runCli(['sh', '-'], script)
    expect(first).toMatchObject({
      code: 7,
      stderr: expect.stringContaining('the server doesn\'t have a resource type "nope"'),
    })
    expect(first.stdout).toMatch(/^deployment.apps\/web created\n[^]*Running/)
    expect(await runCli(['sh', '-'], script)).toEqual(first)
  })

  it('measures what a client sees meanwhile, on machines that have not joined too', async () => {
    const script =
      'sleep 5; ssh controlplane sudo systemctl stop kubelet containerd; ssh green-1 sudo poweroff; sleep 30'
    const meters = ['api=https://controlplane:6443/readyz', 'green=http://green-1:80/'].flatMap((text) => [
      '--measure',
      text,
    ])
    const { stdout, stderr } = await runCli(['sh', '--bare', 'green-1', ...meters, '-c', script])
    expect(stdout).toBe('')
    expect(stderr).toMatch(/^api: asked 3\d, failed 0, down 0 s, at most 0 s at once$/m)
    expect(stderr).toMatch(
      /^green: asked 3\d, failed 3\d, down 3[\d.]+ s, at most 3[\d.]+ s at once\ngreen: .* to now: .*refused/m,
    )
  })

  it('runs each line by itself into JSON rows', async () => {
    const { code, stdout } = await runCli(['sh', '--each'], '# a comment\necho one\n\nsleep 60\nfalse\n')
    const rows = stdout
      .trim()
      .split('\n')
      .map(
        (line) =>
          JSON.parse(line) as { i: number; cmd: string; code: number; stdout: string; stderr: string; atMs: number },
      )
    expect(rows.map(({ i, cmd, code: exit, stdout: out }) => [i, cmd, exit, out])).toEqual([
      [0, 'echo one', 0, 'one\n'],
      [1, 'sleep 60', 0, ''],
      [2, 'false', 1, ''],
    ])
    expect((rows[2]?.atMs ?? 0) - (rows[1]?.atMs ?? 0)).toBeGreaterThanOrEqual(60_000)
    expect(code).toBe(1)
  })

  it('serves a cluster, writes a private kubeconfig, never over one of somebody else, and stops cleanly', async () => {
    const file = join(folder, 'kubeconfig')
    const running = await startCli(
      ['up', '--kubeconfig', file, '--workers', '1', '--seed', 's'],
      /API server +(https:\S+)/,
    )
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(readFileSync(file, 'utf8')).toContain(`server: ${running.match[1]}`)
    const stopped = await running.stop('SIGINT')
    expect(stopped).toMatchObject({ code: 0, stdout: expect.stringContaining('seed s') })
    writeFileSync(file, 'apiVersion: v1\n')
    expect(await runCli(['up', '--kubeconfig', file])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('was not written by kubeflight'),
    })
    expect(readFileSync(file, 'utf8')).toBe('apiVersion: v1\n')
  })

  it('grades a script, and says what is wrong with a scenario by line and column', async () => {
    const untouched = await runCli(['grade', 'bad-image-rollout', '--format', 'json'])
    expect(untouched.code).toBe(1)
    expect(JSON.parse(untouched.stdout)).toMatchObject({ got: 0, passed: false })
    const bad = join(folder, 'bad.yaml')
    writeFileSync(bad, 'apiVersion: kubeflight.dev/v1\nkind: Scenario\nmetadata: {name: bad}\nspeck: {}\n')
    const { code, stdout } = await runCli(['lint', bad])
    expect(code).toBe(1)
    expect(stdout).toMatch(/bad\.yaml:4:1: .*speck/)
  })
})
