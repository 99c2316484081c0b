/** What the phases of `reset` share. Models cmd/kubeadm/app/cmd/reset.go (newResetData). */
import type { Run } from '../../../host/process.ts'
import type { Client } from '../../kubectl/client.ts'
import { fetchCluster, sayReading } from '../cluster-config.ts'
import type { Context } from '../command.ts'
import { defaultReset } from '../config/defaults.ts'
import { loadConfig } from '../config/load.ts'
import type { ClusterConfiguration, ResetConfiguration } from '../config/types.ts'
import { goError } from '../errors.ts'
import { checkMixed, ignoredChecks } from '../init/data.ts'
import { clientFrom, factsOf, readText } from '../session.ts'

export interface ResetData {
  version: string
  reset: ResetConfiguration
  ignored: string[]
  dryRun: boolean
  force: boolean
  skipPhases: string[]
  certificatesDir: string
  criSocket: string
  cleanupTmpDir: boolean
  /** The address of this host, by which etcd knows its member. */
  address: string
  minor: number
  /** Of the cluster, while its API answers. */
  client?: Client
  cluster?: ClusterConfiguration
}

export function* resetData(ctx: Context): Run<ResetData> {
  const { p, flags, version, features } = ctx
  checkMixed(flags)
  const path = flags.text('config')
  const given = path === '' ? {} : ((yield* loadConfig(p, path, features.minor, ['ResetConfiguration'])).reset ?? {})
  const reset = defaultReset(given)
  const found = yield* clusterOf(ctx)
  const facts = yield* factsOf(p)
  return {
    version,
    reset,
    ignored: ignoredChecks(flags, reset.ignorePreflightErrors),
    dryRun: flags.bool('dry-run') || reset.dryRun === true,
    force: flags.bool('force') || reset.force === true,
    skipPhases: flags.changed('skip-phases') ? flags.list('skip-phases') : (reset.skipPhases ?? []),
    certificatesDir: flags.changed('cert-dir')
      ? flags.text('cert-dir')
      : (given.certificatesDir ?? found?.cluster.certificatesDir ?? '/etc/kubernetes/pki'),
    criSocket: flags.text('cri-socket') || given.criSocket || facts.criSocket || (reset.criSocket ?? ''),
    cleanupTmpDir: flags.bool('cleanup-tmp-dir') || reset.cleanupTmpDir === true,
    address: facts.address,
    minor: features.minor,
    ...found,
  }
}

/** The cluster's configuration, when admin.conf is there and the API answers. */
function* clusterOf({
  p,
  flags,
  features,
}: Context): Run<{ client: Client; cluster: ClusterConfiguration } | undefined> {
  const path = flags.text('kubeconfig')
  const text = yield* readText(p, path)
  if (text === undefined) return undefined
  try {
    const client = yield* clientFrom(p, text, path)
    const cluster = yield* fetchCluster(client, features.minor)
    yield* sayReading(p, 'reset', features.minor)
    return { client, cluster }
  } catch (error) {
    if (goError(error) === undefined) throw error
    return undefined
  }
}
