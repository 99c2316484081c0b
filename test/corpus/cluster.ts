/** The empty cluster that a row runs on, taken back to its start where a row may leave something behind. */
import { Flight } from '../../engine/index.ts'
import type { FlightOptions, FlightSnapshot } from '../../engine/index.ts'
import type { Answer } from './score.ts'

const EPOCH_MS = Date.UTC(2026, 0, 5, 9)
/** What a command may take of the cluster's time. */
const LIMIT_MS = 20_000
/** The recorded server has the feature gate off that lists the values of fields. */
const WITHOUT_ENUMS = `ssh controlplane "sudo sed -i 's/^    - kube-apiserver$/&\\n    - --feature-gates=OpenAPIEnums=false/' /etc/kubernetes/manifests/kube-apiserver.yaml"`
/** The exit code of a row that the simulator itself fell over. */
export const CRASHED = -1
const FOLDER = '/home/candidate/rows'

const optionsOf = (release: string, workers: number): FlightOptions => ({
  seed: 'corpus',
  epochMs: EPOCH_MS,
  release,
  controlPlanes: 1,
  workers,
  addons: false,
})

/** The folders by the names that the corpus gives them. */
const named = (text: string): string => text.replaceAll(FOLDER, '<CWD>').replaceAll('/home/candidate', '<HOME>')

/** A word as bash reads it back. */
export const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`

export class EmptyCluster {
  private flight: Flight | undefined
  private readonly namespaces = new Set<string>()

  private constructor(private readonly start: FlightSnapshot) {}

  static async boot(release: string, workers = 1): Promise<EmptyCluster> {
    const flight = await Flight.launch(optionsOf(release, workers))
    await flight.script(`mkdir -p ${FOLDER}; ${WITHOUT_ENUMS}; sleep 60; kubectl get pods`)
    return new EmptyCluster(flight.snapshot())
  }

  /** Runs a line of bash in an empty folder. */
  async run(line: string, stdin?: string): Promise<Answer> {
    const flight = (this.flight ??= Flight.restore(this.start))
    const input = stdin === undefined ? '/dev/null' : '../stdin'
    if (stdin !== undefined) await flight.hands.writeFile('base', '/home/candidate/stdin', stdin)
    const { code, stdout, stderr } = await flight
      .script(`cd ${FOLDER}\n{ ${line}\n} <${input}`, { timeoutMs: LIMIT_MS })
      .catch((error: unknown) => ({ code: CRASHED, stdout: '', stderr: `internal error: ${String(error)}` }))
    if (code === 124 || code === CRASHED) this.reset()
    return { rc: code, stdout: named(stdout), stderr: named(stderr) }
  }

  /** Makes a namespace that is not there yet. */
  async ensureNamespace(name: string): Promise<void> {
    if (this.namespaces.has(name)) return
    this.namespaces.add(name)
    await this.run(`kubectl create namespace ${quoted(name)}`)
  }

  /** The next row finds the cluster as it was at the start. */
  reset(): void {
    this.flight = undefined
    this.namespaces.clear()
  }
}
