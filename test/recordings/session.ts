/** A recorded terminal session, and the same commands in a simulated cluster that starts in the same state. */
import { Flight, makeUserKubeconfig } from '../../engine/index.ts'
import type { FlightOptions } from '../../engine/index.ts'
import { normalize } from './normalize.ts'
import { shape } from './shape.ts'

export interface Row {
  i: number
  cmd: string
  stdout: string
  stderr: string
  code: number
  offsetMs: number
}

export interface RecordedNode {
  name: string
  labels: Record<string, string>
  capacity: Record<string, string>
}

export interface Start {
  kubernetesVersion: string
  kubelet: string
  wallClockStart: string
  /** What a comparison hides. */
  mask?: string[]
  nodes: RecordedNode[]
}

export type Output = Pick<Row, 'stdout' | 'stderr' | 'code'>

const TERMINAL = 'recording'
const STEP_MS = 20
const ROW_LIMIT_MS = 120_000
/** Where in a second a session starts: the order of field managers tells which writes shared a second. */
const START_PHASE_MS = 800
/** Outside of the home folder, which the commands see. */
const FOLDER = '/var/tmp/rows'

export function optionsOf(start: Start): FlightOptions {
  return {
    seed: 'recordings',
    epochMs: Date.parse(start.wallClockStart),
    release: start.kubernetesVersion,
    controlPlanes: 1,
    workers: start.nodes.length,
    nodes: start.nodes.map(({ name, labels, capacity }) => ({ name, labels, capacity })),
    controlPlaneNodes: false,
    addons: false,
    ...(start.kubelet.includes('hollow') && { kubelet: 'hollow' as const }),
  }
}

/** Runs the commands at their offsets, in one bash. */
export async function runSession(start: Start, rows: readonly Row[]): Promise<Output[]> {
  const flight = await Flight.launch(optionsOf(start))
  await prepare(flight)
  flight.input({ kind: 'terminal.open', terminal: TERMINAL, host: 'base', user: 'candidate', columns: 200, rows: 50 })
  await untilPrompt(flight)
  await flight.advance((START_PHASE_MS + 1_000 - (flight.clockMs % 1_000)) % 1_000)
  const startMs = flight.nowMs
  const outputs: Output[] = []
  for (const row of rows) {
    const waitMs = startMs + row.offsetMs - flight.nowMs
    if (waitMs > 0) await flight.advance(waitMs)
    outputs.push(await runRow(flight, row))
  }
  return outputs
}

/** What kubeadm leaves behind; the recorded clusters were not made by it. */
const WITHOUT_KUBEADM = `kubectl -n kube-system delete cm kubeadm-config kubelet-config
kubectl -n kube-public delete cm cluster-info
kubectl -n kube-system delete secret --field-selector type=bootstrap.kubernetes.io/token
kubectl get role,rolebinding,clusterrole,clusterrolebinding -A --no-headers -o custom-columns=N:.metadata.namespace,K:.kind,NAME:.metadata.name | while read n k name; do
  case $name in kubeadm:cluster-admins) ;; kubeadm:*) kubectl delete $k $name -n $n ;; esac
done`

/** The recorded user is one of system:masters; of the nodes' start the recorded clusters show no events but RegisteredNode. */
async function prepare(flight: Flight): Promise<void> {
  const config = makeUserKubeconfig(flight.cluster, {
    name: 'kubernetes-admin',
    commonName: 'kubernetes-admin',
    organizations: ['system:masters'],
  })
  await flight.hands.writeFile('base', '/home/candidate/.kube/config', config)
  await flight.script(`mkdir -p ${FOLDER}; chmod 777 ${FOLDER}; chown -R candidate /home/candidate/.kube`, {
    user: 'root',
  })
  await flight.script(`{ ${WITHOUT_KUBEADM}\n} >/dev/null 2>&1`)
  await flight.script('kubectl delete events --field-selector reason!=RegisteredNode >/dev/null; rm -rf .kube/cache')
}

async function runRow(flight: Flight, { i, cmd }: Row): Promise<Output> {
  const path = `${FOLDER}/${i}`
  await flight.hands.writeFile(
    'base',
    path,
    `${cmd.replaceAll('127.0.0.1:6443', `${flight.cluster.plan.controlPlanes[0]?.ip}:6443`)}\n`,
  )
  flight.input({
    kind: 'terminal.input',
    terminal: TERMINAL,
    text: ` . ${path} >${path}.out 2>${path}.err </dev/null; echo $? >${path}.code\r`,
  })
  const ended = await untilPrompt(flight)
  const { files } = flight.cluster.hosts.get('base')
  const read = (suffix: string): string => files.text(`${path}.${suffix}`) ?? ''
  return { stdout: read('out'), stderr: withoutJobNotices(read('err')), code: ended ? Number(read('code')) : 124 }
}

/** The recorded bash had no terminal; one with a terminal says which job it put into the background. */
function withoutJobNotices(text: string): string {
  return text.replace(/^\[\d+\] \d+\n/gm, '')
}

async function untilPrompt(flight: Flight): Promise<boolean> {
  const limitMs = flight.nowMs + ROW_LIMIT_MS
  do await flight.advance(STEP_MS)
  while (!flight.isAtPrompt(TERMINAL) && flight.nowMs < limitMs)
  if (flight.isAtPrompt(TERMINAL)) return true
  flight.input({ kind: 'terminal.input', terminal: TERMINAL, text: '\x03' })
  await flight.advance(STEP_MS)
  return false
}

/** For rows in which two real runs differ. */
export const hasSameShape = (recorded: Output, simulated: Output): boolean =>
  recorded.code === simulated.code &&
  shape(recorded.stdout) === shape(simulated.stdout) &&
  shape(recorded.stderr) === shape(simulated.stderr)

/** `mask` hides what the session's own index names on top of what all sessions hide. */
export function isEqual(recorded: Output, simulated: Output, mask = (text: string): string => text): boolean {
  const same = (a: string, b: string): boolean => normalize(mask(a)) === normalize(mask(b))
  return (
    recorded.code === simulated.code &&
    same(recorded.stdout, simulated.stdout) &&
    same(recorded.stderr, simulated.stderr)
  )
}
