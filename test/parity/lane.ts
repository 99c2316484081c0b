/** A flight with a real port beside it: the real kubectl goes through the port, ours runs on the base host. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Flight, makeUserKubeconfig } from '../../engine/index.ts'
import type { FlightOptions, FlightSnapshot } from '../../engine/index.ts'
import { makeCertificates } from '../../server/edge/certificates.ts'
import { Edge } from '../../server/edge/edge.ts'
import { Exchanges } from '../../server/edge/exchanges.ts'
import { makeKubeconfig } from '../../server/edge/kubeconfig.ts'
import { run } from '../real-clients/run.ts'
import { FILES, STAGE } from './stage.ts'

export interface Ran {
  code: number | null
  stdout: string
  stderr: string
}

const MINUTE_MS = 60_000
/** Ages are then told in minutes, and every event is still there. */
const STAGED_MS = 20 * MINUTE_MS
/** No row takes longer by the real kubectl; ours has six times that of the cluster's time. */
const LONGEST_MS = 20_000
const HOME = '/home/candidate'
/** Who both are: the certificate that the edge hands out. */
const ADMIN = { name: 'kubernetes-admin', commonName: 'kubernetes-admin', organizations: ['system:masters'] }

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1))

/** Boots a cluster, stages the objects and lets them age; its clock then stands at the wall clock. */
export async function stagedSnapshot(release: string): Promise<FlightSnapshot> {
  const options: FlightOptions = {
    seed: 'parity',
    epochMs: Math.floor(Date.now() / 1000) * 1000 - STAGED_MS,
    release,
    controlPlanes: 1,
    workers: 2,
  }
  const flight = await Flight.launch(options)
  const put = (path: string, text: string): void =>
    flight.input({ kind: 'hands', action: 'writeFile', args: ['base', `${HOME}/${path}`, text] })
  put('stage.yaml', STAGE)
  for (const [path, text] of Object.entries(FILES)) put(path, text)
  const kubeconfig = makeUserKubeconfig(flight.cluster, ADMIN)
  const script = `cat > .kube/config <<'END'\n${kubeconfig}END\nkubectl apply -f stage.yaml`
  const { code, stdout, stderr } = await flight.script(script)
  if (code !== 0) throw new Error(`the stage was refused:\n${stdout}${stderr}`)
  await flight.advance(STAGED_MS - flight.nowMs)
  return flight.snapshot()
}

export class Lane {
  private acts: (() => void)[] = []
  private waiting = 0
  private readonly folder = mkdtempSync(join(tmpdir(), 'kubeflight-parity-'))
  private url = ''

  private constructor(
    readonly flight: Flight,
    private readonly edge: Edge,
  ) {}

  static async open(snapshot: FlightSnapshot, kubectl: string): Promise<Lane> {
    const exchanges = new Exchanges()
    const flight = Flight.restore(snapshot, exchanges.listeners)
    const certificates = makeCertificates(['127.0.0.1'])
    const edge = new Edge({ exchanges, certificates })
    const lane = new Lane(flight, edge)
    exchanges.attach(flight, {
      act: (act) => void lane.acts.push(act),
      asked: () => void lane.waiting++,
      answered: () => void lane.waiting--,
    })
    lane.url = await edge.listen()
    symlinkSync(kubectl, join(lane.folder, 'kubectl'))
    lane.write('.kube/config', makeKubeconfig({ server: lane.url, cluster: 'kubernetes', certificates }))
    for (const [path, text] of Object.entries(FILES)) lane.write(path, text)
    return lane
  }

  async close(): Promise<void> {
    await this.edge.close()
    rmSync(this.folder, { recursive: true })
  }

  /** Lets the clock catch up with the wall clock, and with another lane. */
  async keepUp(other: Lane = this): Promise<void> {
    const lag = Math.max(Date.now(), other.flight.clockMs) - this.flight.clockMs
    if (lag > 0) await this.flight.advance(lag)
  }

  async ours(line: string): Promise<Ran> {
    const { code, stdout, stderr } = await this.flight.script(line, { timeoutMs: LONGEST_MS * 6 })
    return this.told({ code, stdout, stderr })
  }

  /** The real kubectl runs in a process of its own; the clock runs on while it waits for answers. */
  async real(line: string, paceMs: number): Promise<Ran> {
    let ran: Ran | undefined
    let failure: unknown
    const env = { HOME: this.folder, KUBECTL: join(this.folder, 'kubectl'), KUBECONFIG: '' }
    const script = `kubectl() { "$KUBECTL" "$@"; }\n${line}`
    run('bash', ['-c', script], { cwd: this.folder, env, timeoutMs: LONGEST_MS }).then(
      (done) => (ran = done),
      (error: unknown) => (failure = error),
    )
    while (ran === undefined && failure === undefined) await this.turn(paceMs)
    while (this.acts.length > 0) await this.turn(0)
    if (ran === undefined) throw failure
    return this.told(ran)
  }

  private async turn(paceMs: number): Promise<void> {
    const acts = this.acts
    this.acts = []
    for (const act of acts) act()
    if (acts.length > 0 || this.waiting > 0) return void (await this.flight.advance(1), await immediately())
    if (paceMs > 0) await this.flight.advance(paceMs)
    await pause()
  }

  /** The same words for what has another name on each side: the server's address, the home folder. */
  private told({ code, stdout, stderr }: Ran): Ran {
    const same = (text: string): string =>
      text
        .replaceAll(this.url, 'https://172.30.1.2:6443')
        .replaceAll(this.url.slice(8), '172.30.1.2:6443')
        .replaceAll(this.folder, HOME)
    return { code, stdout: same(stdout), stderr: same(stderr) }
  }

  private write(path: string, text: string): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true })
    writeFileSync(join(this.folder, path), text)
  }
}

const immediately = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
