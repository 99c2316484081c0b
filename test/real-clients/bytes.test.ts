/** The same commands by the real kubectl over HTTPS and by ours inside, on one cluster: the same bytes. test/parity has the long list. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { serveCluster } from '../../server/cluster-server.ts'
import type { ClusterServer } from '../../server/cluster-server.ts'
import { minorOf, pickKubectl } from './find-kubectl.ts'
import { run } from './run.ts'
import { DIFFERENCES, SETUP, STEPS } from './bytes-commands.ts'
import type { Step } from './bytes-commands.ts'

const real = pickKubectl()
if (real === undefined) console.warn('no kubectl on this machine: the parity test is skipped')

/** For vi.waitFor. */
const PATIENCE = { timeout: 15_000, interval: 500 }

interface Said {
  code: number | null
  stdout: string
  stderr: string
}

describe.skipIf(real === undefined)(`kubectl ${real?.version} and ours`, () => {
  let server: ClusterServer
  let folder = ''
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'kubeflight-'))
    const release = `1.${real === undefined ? 35 : Math.max(31, minorOf(real))}`
    server = await serveCluster({
      flight: { seed: 'parity', epochMs: Date.now() - 3_600_000, release, controlPlanes: 1, workers: 2 },
      speed: 1,
    })
    writeFileSync(join(folder, 'config'), server.kubeconfig)
    const ready = await server.pace.exclusively(() => server.flight.script(SETUP))
    expect(ready).toMatchObject({ code: 0 })
  })
  afterAll(async () => {
    await server.close()
    rmSync(folder, { recursive: true })
  })

  const theirs = async (words: string[]): Promise<Said> => {
    const { code, stdout, stderr } = await run(real?.path ?? '', words, {
      env: { KUBECONFIG: join(folder, 'config'), HOME: folder },
      cwd: folder,
      timeoutMs: 20_000,
    })
    return { code, stdout, stderr }
  }
  const ours = (words: string[]): Promise<Said> =>
    server.pace.exclusively(() =>
      server.flight.script(`kubectl ${words.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ')}`, {
        timeoutMs: 120_000,
      }),
    )

  it.each(STEPS)('$command', async ({ command, allowed }: Step) => {
    const words = command.split(' ')
    const normalize = allowed?.normalize ?? ((text: string) => text)
    const shown = ({ code, stdout, stderr }: Said): Said => ({
      code,
      stdout: normalize(stdout),
      stderr: normalize(stderr),
    })
    const both = async (): Promise<[Said, Said]> => [shown(await ours(words)), shown(await theirs(words))]
    const known = DIFFERENCES[command]
    if (known !== undefined) {
      const [ofUs, ofThem] = await both()
      return expect(ofUs, `no longer different, take it off the list: ${known}`).not.toEqual(ofThem)
    }
    // The cluster goes on between the two: what differs is asked again, so that only a lasting difference counts.
    await vi.waitFor(async () => {
      const [ofUs, ofThem] = await both()
      expect(ofUs).toEqual(ofThem)
    }, PATIENCE)
  })
})
