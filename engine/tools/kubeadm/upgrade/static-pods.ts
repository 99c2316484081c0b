/**
 * The control plane of one node, a static pod after the other: etcd, API server, controller manager, scheduler. A
 * component that does not come up again brings all of them back. Models cmd/kubeadm/app/phases/upgrade/staticpods.go
 * (A6). Not modelled: an etcd that had no TLS.
 */
import type { Proc, Run } from '../../../host/process.ts'
import { makeYaml, parseYaml } from '../../../objects/yaml.ts'
import { compareVersions } from '../../../versions/index.ts'
import { etcdImage } from '../artifacts/images.ts'
import { COMPONENTS } from '../artifacts/static-pods.ts'
import { renew, isExternal, renewables } from '../certs/renewal.ts'
import type { Renewable } from '../certs/renewal.ts'
import { goError, KubeadmError, wrapped } from '../errors.ts'
import { checkHealth, etcdAccess } from '../etcd-client.ts'
import type { EtcdAccess } from '../etcd-client.ts'
import { writeComponent, writeEtcd } from '../manifest-files.ts'
import { conf, MANIFESTS_DIR, manifestPath } from '../paths.ts'
import { exists, readText, say } from '../session.ts'
import { timeoutMs } from './data.ts'
import type { UpgradeData } from './data.ts'
import { copyDir, datedDir, move, tempDir } from './folders.ts'
import { podHash, waitForHashChange, waitForPods } from './mirror-pods.ts'
import type { Waiting } from './mirror-pods.ts'
import { tagOf } from './versions.ts'

const ETCD_RETRIES = 10
const ETCD_INTERVAL_MS = 15_000
/** How long a manifest stays away so that the kubelet sees it gone. */
const RESTART_MS = 1_000

interface Folders {
  fresh: string
  backup: string
  etcdBackup: string
}

interface Transition extends Folders {
  p: Proc
  data: UpgradeData
  waiting: Waiting
  /** Components that were touched, with the place of their old manifest. */
  recover: Map<string, string>
}

export function* upgradeStaticPods(p: Proc, data: UpgradeData): Run<void> {
  const { client, node, features } = data
  const waiting = { client, nodeName: node.name, limitMs: timeoutMs(data), minor: features.minor }
  const folders = yield* makeFolders(p)
  const transition: Transition = { ...folders, p, data, waiting, recover: new Map() }
  const before = new Map<string, string>()
  for (const component of COMPONENTS) before.set(component, yield* podHash(p, waiting, component))
  const writing = `[upgrade/staticpods] Writing new Static Pod manifests to ${JSON.stringify(folders.fresh)}`
  if (features.minor >= 31) yield* say(p, writing)
  if (data.cluster.etcd.external === undefined && data.etcdUpgrade) yield* upgradeEtcd(transition)
  if (features.minor < 31) yield* say(p, writing)
  yield* writeManifests(p, data, folders.fresh)
  for (const component of COMPONENTS) yield* upgradeComponent(transition, component, before.get(component) ?? '')
  if (data.renewCertificates) yield* renewAdministrators(transition)
  yield* p.remove(folders.fresh, { recursive: true })
  if (!data.etcdUpgrade) yield* p.remove(folders.etcdBackup, { recursive: true })
}

function* makeFolders(p: Proc): Run<Folders> {
  return {
    fresh: yield* tempDir(p, 'kubeadm-upgraded-manifests'),
    backup: yield* datedDir(p, 'kubeadm-backup-manifests'),
    etcdBackup: yield* datedDir(p, 'kubeadm-backup-etcd'),
  }
}

const placeOf = ({ cluster, node, endpoint }: UpgradeData, dir: string) => ({ cluster, node, endpoint, dir })

export function* writeManifests(p: Proc, data: UpgradeData, dir: string): Run<void> {
  for (const component of COMPONENTS) yield* writeComponent(p, placeOf(data, dir), component)
}

/** The member names only itself: it has its data, and knows the others by it. */
export function* writeEtcdManifest(p: Proc, data: UpgradeData, dir: string): Run<void> {
  const peerUrl = `https://${data.endpoint.advertiseAddress}:2380`
  yield* writeEtcd(p, placeOf(data, dir), { members: [{ name: data.node.name, peerUrl }] })
}

/** Which certificates are renewed before which component. */
const CERTIFICATES: Record<string, readonly string[]> = {
  etcd: ['etcd-server', 'etcd-peer', 'etcd-healthcheck-client'],
  'kube-apiserver': ['apiserver', 'apiserver-kubelet-client', 'front-proxy-client', 'apiserver-etcd-client'],
  'kube-controller-manager': ['controller-manager.conf'],
  'kube-scheduler': ['scheduler.conf'],
}

function* renewFor({ p, data }: Transition, component: string): Run<void> {
  const { cluster } = data
  const known = renewables(cluster)
  for (const name of CERTIFICATES[component] ?? []) {
    const one = known.find((renewable) => renewable.name === name)
    if (one === undefined) continue
    yield* say(p, `[upgrade/staticpods] Renewing ${name} certificate`)
    if ((yield* renewOne(p, data, one)) === 'external')
      yield* say(p, `[upgrade/staticpods] External CA detected, ${name} certificate can't be renewed`)
  }
}

function* renewOne(p: Proc, { cluster }: UpgradeData, one: Renewable): Run<string> {
  try {
    const done = yield* renew(p, cluster, cluster.certificatesDir, one)
    if (done === 'missing') throw new KubeadmError(`${one.path} does not exist`)
    return done
  } catch (error) {
    throw wrapped(`failed to renew ${one.name} certificates`, error)
  }
}

/** admin.conf and, where it is, super-admin.conf. */
function* renewAdministrators(transition: Transition): Run<void> {
  const { p, data } = transition
  for (const file of ['admin', 'super-admin']) {
    const one = renewables(data.cluster).find(({ name }) => name === `${file}.conf`)
    if (one === undefined || !(yield* exists(p, conf(file)))) continue
    if (yield* isExternal(p, data.cluster.certificatesDir, one.authority))
      yield* say(p, `[upgrade/staticpods] External CA detected, ${one.name} certificate can't be renewed`)
    else yield* renewOne(p, data, one)
  }
}

function* sameManifest(p: Proc, a: string, b: string): Run<boolean> {
  const [left, right] = [yield* readText(p, a), yield* readText(p, b)]
  if (left === undefined || right === undefined)
    throw new KubeadmError(`open ${left === undefined ? a : b}: no such file or directory`)
  return left === right || makeYaml(parseYaml(left)) === makeYaml(parseYaml(right))
}

/** etcd is restarted for its new certificates even if nothing else is new. */
const restartsEqual = (component: string, { renewCertificates, features }: UpgradeData): boolean =>
  component === 'etcd' && renewCertificates && features.minor >= 31

function* upgradeComponent(transition: Transition, component: string, before: string): Run<void> {
  const { p, data, waiting, fresh, backup, recover } = transition
  const { minor } = data.features
  yield* say(p, `[upgrade/staticpods] Preparing for ${JSON.stringify(component)} upgrade`)
  if (data.renewCertificates) yield* renewFor(transition, component)
  const [real, next, old] = [manifestPath(component), `${fresh}/${component}.yaml`, `${backup}/${component}.yaml`]
  recover.set(component, old)
  const isEqual = yield* sameManifest(p, real, next)
  if (isEqual && !restartsEqual(component, data))
    return yield* say(p, `[upgrade/staticpods] Current and new manifests of ${component} are equal, skipping upgrade`)
  if (isEqual) yield* say(p, `[upgrade/staticpods] Restarting the ${component} static pod and backing up its manifest to ${JSON.stringify(old)}`)
  else if (minor >= 30) yield* say(p, `[upgrade/staticpods] Moving new manifest to ${JSON.stringify(real)} and backing up old manifest to ${JSON.stringify(old)}`) // prettier-ignore
  try {
    yield* move(p, real, old)
    if (isEqual) yield* p.sleep(RESTART_MS)
    yield* move(p, next, real)
    if (minor < 30) yield* say(p, `[upgrade/staticpods] Moved new manifest to ${JSON.stringify(real)} and backed up old manifest to ${JSON.stringify(old)}`) // prettier-ignore
    yield* say(p, '[upgrade/staticpods] Waiting for the kubelet to restart the component')
    yield* say(
      p,
      minor >= 30
        ? `[upgrade/staticpods] This can take up to ${data.timeout}`
        : `[upgrade/staticpods] This might take a minute or longer depending on the component/version gap (timeout ${data.timeout})`,
    )
    if (isEqual) yield* podHash(p, waiting, component)
    else yield* waitForHashChange(p, waiting, component, before)
    yield* waitForPods(p, waiting, `component=${component}`)
  } catch (error) {
    throw yield* rolledBack(transition, error, component === 'etcd')
  }
  yield* say(p, `[upgrade/staticpods] Component ${JSON.stringify(component)} upgraded successfully!`)
}

/** Old manifests come back; the error says so. */
function* rolledBack({ p, recover }: Transition, cause: unknown, withEtcd: boolean): Run<Error> {
  const text = goError(cause)
  if (text === undefined) return cause as Error
  const problems = [text]
  for (const [component, backup] of recover) {
    if (component === 'etcd' && !withEtcd) continue
    if (!(yield* exists(p, backup))) continue
    const done = yield* p.rename(backup, `${MANIFESTS_DIR}/${component}.yaml`)
    if ('error' in done) problems.push(`rename ${backup} ${MANIFESTS_DIR}/${component}.yaml: ${done.error}`)
  }
  const list = problems.length === 1 ? text : `[${problems.join(', ')}]`
  return new KubeadmError(
    `couldn't upgrade control plane. kubeadm has tried to recover everything into the earlier state. Errors faced: ${list}`,
  )
}

function* upgradeEtcd(transition: Transition): Run<void> {
  const { p, data, waiting, fresh, etcdBackup } = transition
  const { cluster } = data
  const access = yield* reach(p, data)
  yield* healthyOr(p, access, 'etcd cluster is not healthy')
  yield* copyDir(p, cluster.etcd.local?.dataDir ?? '/var/lib/etcd', etcdBackup)
  const [wanted, current] = [tagOf(etcdImage(cluster)), yield* currentEtcd(p)]
  if (current !== undefined && compareVersions(wanted, current) < 0) {
    const why = `the desired etcd version ${JSON.stringify(wanted)} is older than the currently installed ${JSON.stringify(current)}. Skipping etcd upgrade`
    return yield* say(p, `[upgrade/etcd] Non fatal issue encountered during upgrade: ${why}`)
  }
  const before = yield* podHash(p, waiting, 'etcd')
  yield* writeEtcdManifest(p, data, fresh)
  try {
    yield* upgradeComponent(transition, 'etcd', before)
  } catch (error) {
    yield* tellRecovery(p, access, error)
    throw wrapped(
      'fatal error when trying to upgrade the etcd cluster, rolled the state back to pre-upgrade state',
      error,
    )
  }
  yield* say(p, '[upgrade/etcd] Waiting for etcd to become available')
  yield* waitForEtcd(p, access)
}

function* reach(p: Proc, { client, cluster }: UpgradeData): Run<EtcdAccess> {
  try {
    return yield* etcdAccess(p, client, cluster.certificatesDir)
  } catch (error) {
    throw wrapped('failed to create etcd client', error)
  }
}

function* healthyOr(p: Proc, access: EtcdAccess, what: string): Run<void> {
  try {
    yield* checkHealth(p, access)
  } catch (error) {
    throw wrapped(what, error)
  }
}

/** The tag of the manifest that is in use. */
function* currentEtcd(p: Proc): Run<string | undefined> {
  return /^\s*image:\s*\S*etcd:(\S+)$/m.exec((yield* readText(p, manifestPath('etcd'))) ?? '')?.[1]
}

function* waitForEtcd(p: Proc, access: EtcdAccess): Run<void> {
  for (let attempt = 0; attempt < ETCD_RETRIES; attempt++) {
    if (attempt > 0) yield* p.sleep(ETCD_INTERVAL_MS)
    try {
      return yield* checkHealth(p, access)
    } catch (error) {
      if (!(error instanceof KubeadmError)) throw error
    }
  }
  throw new KubeadmError('timeout waiting for etcd cluster to be available')
}

function* tellRecovery(p: Proc, access: EtcdAccess, error: unknown): Run<void> {
  const text = goError(error)
  if (text === undefined) return
  yield* say(p, `[upgrade/etcd] Failed to upgrade etcd: ${text}`)
  yield* say(p, '[upgrade/etcd] Waiting for previous etcd to become available')
  yield* waitForEtcd(p, access)
  yield* say(p, '[upgrade/etcd] Etcd was rolled back and is now available')
}
