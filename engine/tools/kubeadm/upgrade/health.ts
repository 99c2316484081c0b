/** Is the cluster well enough to be upgraded? Models cmd/kubeadm/app/phases/upgrade/health.go (A6). */
import type { Proc, Run } from '../../../host/process.ts'
import { makeGoDuration } from '../../../objects/duration.ts'
import type { ApiObject, Client, ListObject } from '../../kubectl/client.ts'
import { pathOf, TIMEOUT } from '../apply.ts'
import { pauseImage } from '../artifacts/images.ts'
import { COMPONENTS } from '../artifacts/static-pods.ts'
import type { ClusterConfiguration } from '../config/types.ts'
import { goError, isMissing, KubeadmError, wrapped } from '../errors.ts'
import { manifestPath } from '../paths.ts'
import { failed, fine, runChecks, warned } from '../preflight/check.ts'
import type { Check } from '../preflight/check.ts'
import { exists, say } from '../session.ts'
import { PreflightError } from '../workflow.ts'
import { listNodes } from './versions.ts'

const JOB = 'upgrade-health-check'
const NAMESPACE = 'kube-system'
const POLL_MS = 1_000
/** How long the Job may take: 15 s up to 1.30. */
const JOB_MS = 60_000
const OLD_JOB_MS = 15_000

export interface HealthFacts {
  client: Client
  cluster: ClusterConfiguration
  ignored: readonly string[]
  dryRun: boolean
  minor: number
}

export function* checkHealth(p: Proc, facts: HealthFacts): Run<void> {
  yield* say(p, '[upgrade] Running cluster health checks')
  yield* runChecks(p, [createJob(facts), controlPlanesReady(facts), manifestsThere()], facts.ignored, facts.minor)
}

/** The same outside of a phase: what fails has a name of its own. */
export function* checkHealthAlone(p: Proc, facts: HealthFacts): Run<void> {
  try {
    yield* checkHealth(p, facts)
  } catch (error) {
    if (!(error instanceof PreflightError)) throw error
    throw new PreflightError(error.message.replace(/^error execution phase preflight: /, '[upgrade/health] FATAL: '))
  }
}

const check = (name: string, look: (p: Proc) => Run<string | undefined>): Check => ({
  name,
  *check(p) {
    try {
      const why = yield* look(p)
      return why === undefined ? fine : failed(why)
    } catch (error) {
      const text = goError(error)
      if (text === undefined) throw error
      return failed(text)
    }
  },
})

/** A Job must run to its end, unless no node would take it. */
function createJob(facts: HealthFacts): Check {
  const job = check('CreateJob', (p) => runJob(p, facts))
  return {
    name: job.name,
    *check(p) {
      const { minor, client } = facts
      if (minor >= 31 && !(yield* someNodeIsSchedulable(client)))
        return warned(
          'The preflight check "CreateJob" was skipped because there are no schedulable Nodes in the cluster.',
        )
      return yield* job.check(p)
    },
  }
}

function* someNodeIsSchedulable(client: Client): Run<boolean> {
  const query = { fieldSelector: 'spec.unschedulable=false', ...TIMEOUT }
  return (yield* client.get<ListObject>(pathOf('v1/nodes', undefined), query)).items.length > 0
}

function* runJob(p: Proc, { client, cluster, dryRun, minor }: HealthFacts): Run<undefined> {
  const name = minor >= 31 ? `${JOB}-${yield* p.now()}` : JOB
  if (dryRun) {
    yield* say(
      p,
      `[upgrade/health] Would create the Job ${JSON.stringify(name)} in namespace ${JSON.stringify(NAMESPACE)} and wait until it completes`,
    )
    return undefined
  }
  const limitMs = minor >= 31 ? JOB_MS : OLD_JOB_MS
  if (minor < 31) yield* deleteJob(client, name, true)
  yield* createIt(p, client, jobOf(name, cluster, minor), limitMs)
  try {
    yield* waitForJob(p, client, name, limitMs)
  } finally {
    yield* deleteJob(client, name, minor >= 31)
  }
  return undefined
}

function* createIt(p: Proc, client: Client, job: object, limitMs: number): Run<void> {
  const endMs = (yield* p.now()) + limitMs
  for (;;) {
    try {
      yield* client.create(pathOf('batch/v1/jobs', NAMESPACE), job, TIMEOUT)
      return
    } catch (error) {
      if (goError(error) === undefined) throw error
      if ((yield* p.now()) >= endMs)
        throw wrapped(
          `could not create Job ${JSON.stringify(JOB)} in the namespace ${JSON.stringify(NAMESPACE)}`,
          error,
        )
      yield* p.sleep(POLL_MS)
    }
  }
}

type Job = ApiObject & { status?: { conditions?: { type: string }[] } }

function* waitForJob(p: Proc, client: Client, name: string, limitMs: number): Run<void> {
  const endMs = (yield* p.now()) + limitMs
  let why = 'no condition of type Complete'
  for (;;) {
    try {
      const { status } = yield* client.get<Job>(pathOf('batch/v1/jobs', NAMESPACE, name), TIMEOUT)
      if (status?.conditions?.some(({ type }) => type === 'Complete')) return
    } catch (error) {
      const text = goError(error)
      if (text === undefined) throw error
      why = text
    }
    if ((yield* p.now()) >= endMs)
      throw new KubeadmError(
        `Job ${JSON.stringify(name)} in the namespace ${JSON.stringify(NAMESPACE)} did not complete in ${makeGoDuration(limitMs)}: ${why}`,
      )
    yield* p.sleep(POLL_MS)
  }
}

function* deleteJob(client: Client, name: string, maybeGone: boolean): Run<void> {
  try {
    yield* client.delete(pathOf('batch/v1/jobs', NAMESPACE, name), { propagationPolicy: 'Foreground' }, TIMEOUT)
  } catch (error) {
    if (maybeGone && isMissing(error)) return
    throw wrapped(`could not delete Job ${JSON.stringify(name)} in the namespace ${JSON.stringify(NAMESPACE)}`, error)
  }
}

function jobOf(name: string, cluster: ClusterConfiguration, minor: number): object {
  const old = minor <= 24 ? [{ key: 'node-role.kubernetes.io/master', effect: 'NoSchedule' }] : []
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name, namespace: NAMESPACE },
    spec: {
      backoffLimit: 0,
      template: {
        spec: {
          restartPolicy: 'Never',
          securityContext: { runAsUser: 999, runAsGroup: 999, runAsNonRoot: true },
          tolerations: [...old, { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }],
          containers: [{ name: JOB, image: pauseImage(cluster), args: ['-v'] }],
        },
      },
    },
  }
}

const controlPlanesReady = ({ client }: HealthFacts): Check =>
  check('ControlPlaneNodesReady', function* () {
    const nodes = yield* listNodes(client, 'node-role.kubernetes.io/control-plane=')
    const bad = nodes.filter(({ status }) =>
      status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is !== 'True'),
    )
    if (bad.length === 0) return undefined
    return `there are NotReady control-planes in the cluster: [${bad.map(({ metadata }) => metadata?.name ?? '').join(' ')}]`
  })

const manifestsThere = (): Check =>
  check('StaticPodManifest', function* (p) {
    const missing: string[] = []
    for (const component of COMPONENTS)
      if (!(yield* exists(p, manifestPath(component)))) missing.push(manifestPath(component))
    if (missing.length === 0) return undefined
    return `The control plane seems to be Static Pod-hosted, but some of the manifests don't seem to exist on disk. This probably means you're running 'kubeadm upgrade' on a remote machine, which is not supported for a Static Pod-hosted cluster. Manifest files not found: [${missing.join(' ')}]`
  })
