/** `kubeadm certs check-expiration|renew|generate-csr|certificate-key` (P4). Models cmd/kubeadm/app/cmd/certs.go. */
import type { Proc, Run } from '../../../host/process.ts'
import { shortHumanDuration } from '../../../objects/duration.ts'
import { makeYaml } from '../../../objects/yaml.ts'
import { makeJson } from '../../kubectl/serialize.ts'
import { kubeconfigSpecs, encode, makeKubeconfig } from '../artifacts/kubeconfigs.ts'
import { leavesOf } from '../artifacts/certificates.ts'
import { fetchCluster, sayReading } from '../cluster-config.ts'
import { newRequest, readCertificate } from '../certificate-files.ts'
import type { Command, Context } from '../command.ts'
import { defaultCluster, defaultInit } from '../config/defaults.ts'
import { loadConfig } from '../config/load.ts'
import type { ClusterConfiguration } from '../config/types.ts'
import { goError, KubeadmError, notSimulated, wrapped } from '../errors.ts'
import { flagSpec, option } from '../options.ts'
import { clientFrom, exists, factsOf, readText, say, write } from '../session.ts'
import { newCertificateKey } from '../uploaded-certificates.ts'
import { authorityName, currentCertificate, isExternal, renew, renewableAuthorities, renewables } from './renewal.ts'

export const certs: Command = {
  path: 'certs',
  aliases: ['certificates'],
  short: 'Commands related to handling Kubernetes certificates',
}

interface Known {
  cluster: ClusterConfiguration
  dir: string
}

/** By a file, by the cluster, or by what kubeadm takes for granted. */
function* knownCluster({ p, flags, features, version }: Context, prefix: string): Run<Known> {
  const path = flags.text('config')
  const flagDir = flags.changed('cert-dir') ? flags.text('cert-dir') : undefined
  if (path !== '') {
    const { cluster = {} } = yield* loadConfig(p, path, features.minor, ['InitConfiguration', 'ClusterConfiguration'])
    const known = defaultCluster(cluster, cluster.kubernetesVersion || version)
    return { cluster: known, dir: flagDir ?? known.certificatesDir }
  }
  const kubeconfig = flags.text('kubeconfig')
  const text = yield* readText(p, kubeconfig)
  try {
    if (text === undefined) throw new KubeadmError('')
    const client = yield* clientFrom(p, text, kubeconfig)
    const cluster = yield* fetchCluster(client, features.minor)
    yield* sayReading(p, prefix, features.minor)
    yield* say(p, '')
    return { cluster, dir: flagDir ?? cluster.certificatesDir }
  } catch (error) {
    if (goError(error) === undefined) throw error
  }
  yield* say(p, `[${prefix}] Error reading configuration from the Cluster. Falling back to default configuration`)
  yield* say(p, '')
  const cluster = defaultCluster({}, version)
  return { cluster, dir: flagDir ?? cluster.certificatesDir }
}

const FLAGS = [option.certDir, option.config, option.kubeconfig]

export const checkExpiration: Command = {
  path: 'certs check-expiration',
  short: 'Check certificates expiration for a Kubernetes cluster',
  flags: [...FLAGS, option.output],
  *run(ctx) {
    const { p, flags } = ctx
    const known = yield* knownCluster(ctx, 'check-expiration')
    const rows = yield* leafRows(p, known)
    const authorities = yield* authorityRows(p, known)
    const format = flags.text('output')
    if (format === 'json' || format === 'yaml') return yield* p.out(structured(rows, authorities, format))
    if (format !== 'text') throw notSimulated(`kubeadm certs check-expiration -o ${format}`)
    yield* p.out(leafTable(rows))
    yield* p.out(`\n${authorityTable(authorities)}`)
  },
}

interface Row {
  name: string
  authority: string
  /** Absent: the file is missing. */
  expiresMs?: number
  leftMs?: number
  external: boolean
}

function* leafRows(p: Proc, { cluster, dir }: Known): Run<Row[]> {
  const rows: Row[] = []
  for (const one of renewables(cluster)) {
    const certificate = yield* currentCertificate(p, dir, one)
    const base = {
      name: one.name,
      authority: authorityName(one.authority),
      external: yield* isExternal(p, dir, one.authority),
    }
    rows.push(yield* withDates(p, base, certificate?.notAfterMs))
  }
  return rows
}

function* authorityRows(p: Proc, { cluster, dir }: Known): Run<Row[]> {
  const rows: Row[] = []
  for (const { name, path } of renewableAuthorities(cluster)) {
    const certificate = yield* readCertificate(p, `${dir}/${path}`)
    rows.push(
      yield* withDates(p, { name, authority: '', external: yield* isExternal(p, dir, path) }, certificate?.notAfterMs),
    )
  }
  return rows
}

function* withDates(p: Proc, row: Omit<Row, 'expiresMs' | 'leftMs'>, expiresMs: number | undefined): Run<Row> {
  return expiresMs === undefined ? row : { ...row, expiresMs, leftMs: expiresMs - (yield* p.now()) }
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** `Nov 21, 2027 01:34 UTC` */
function dateText(ms: number): string {
  const iso = new Date(ms).toISOString()
  return `${MONTHS[Number(iso.slice(5, 7)) - 1]} ${iso.slice(8, 10)}, ${iso.slice(0, 4)} ${iso.slice(11, 16)} UTC`
}

const yesNo = (value: boolean): string => (value ? 'yes' : 'no')

function leafTable(rows: readonly Row[]): string {
  const head = ['CERTIFICATE', 'EXPIRES', 'RESIDUAL TIME', 'CERTIFICATE AUTHORITY', 'EXTERNALLY MANAGED']
  return tabulated([
    head,
    ...rows.map(({ name, authority, expiresMs, leftMs, external }) =>
      expiresMs === undefined || leftMs === undefined
        ? [`!MISSING! ${name}`, '', '', '', '']
        : [name, dateText(expiresMs), shortHumanDuration(leftMs), authority, yesNo(external).padEnd(8)],
    ),
  ])
}

function authorityTable(rows: readonly Row[]): string {
  const head = ['CERTIFICATE AUTHORITY', 'EXPIRES', 'RESIDUAL TIME', 'EXTERNALLY MANAGED']
  return tabulated([
    head,
    ...rows.map(({ name, expiresMs, leftMs, external }) =>
      expiresMs === undefined || leftMs === undefined
        ? [`!MISSING! ${name}`, '', '', '']
        : [name, dateText(expiresMs), shortHumanDuration(leftMs), yesNo(external).padEnd(8)],
    ),
  ])
}

/** Go's tabwriter with cells of at least 10, padding 3. */
function tabulated(rows: readonly string[][]): string {
  const widths = (rows[0] ?? []).map((_, at) => Math.max(10, ...rows.map((row) => (row[at] ?? '').length + 3)))
  return rows
    .map((row) => `${row.map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0))).join('')}\n`)
    .join('')
}

function structured(rows: readonly Row[], authorities: readonly Row[], format: 'json' | 'yaml'): string {
  const shape = ({ name, authority, expiresMs, leftMs, external }: Row): object => ({
    ...(expiresMs !== undefined && { expirationDate: `${new Date(expiresMs).toISOString().slice(0, 19)}Z` }),
    ...(authority !== '' && { caName: authority }),
    externallyManaged: external,
    missing: expiresMs === undefined,
    name,
    residualTime: Math.round((leftMs ?? 0) / 1000),
  })
  const object = {
    apiVersion: 'output.kubeadm.k8s.io/v1alpha3',
    certificateAuthorities: authorities.map(shape),
    certificates: rows.map(shape),
    kind: 'CertificateExpirationInfo',
  }
  return format === 'yaml' ? makeYaml(object) : makeJson(object)
}

const RESTART =
  'Done renewing certificates. You must restart the kube-apiserver, kube-controller-manager, kube-scheduler and etcd, so that they can use the new certificates.'

export function renewCommands(minor: number): Command[] {
  const any = defaultCluster({}, `v1.${minor}.0`)
  const one = renewables(any).map((renewable): Command => ({
    path: `certs renew ${renewable.name}`,
    short: `Renew the ${renewable.longName}`,
    flags: FLAGS,
    *run(ctx) {
      const known = yield* knownCluster(ctx, 'renew')
      yield* renewOne(ctx.p, known, renewable)
    },
  }))
  const all: Command = {
    path: 'certs renew all',
    short: 'Renew all available certificates',
    flags: FLAGS,
    *run(ctx) {
      const known = yield* knownCluster(ctx, 'renew')
      for (const renewable of renewables(known.cluster)) yield* renewOne(ctx.p, known, renewable)
      yield* say(ctx.p, `\n${RESTART}`)
    },
  }
  return [{ path: 'certs renew', short: 'Renew certificates for a Kubernetes cluster' }, ...one, all]
}

function* renewOne(p: Proc, { cluster, dir }: Known, renewable: ReturnType<typeof renewables>[number]): Run<void> {
  const { longName, name } = renewable
  let done
  try {
    done = yield* renew(p, cluster, dir, renewable)
  } catch (error) {
    throw wrapped(`failed to renew certificate ${name}`, error)
  }
  if (done === 'missing') yield* say(p, `MISSING! ${longName}`)
  else if (done === 'external')
    yield* say(p, `Detected external ${authorityName(renewable.authority)}, ${longName} can't be renewed`)
  else yield* say(p, `${longName} renewed`)
}

export const certificateKey: Command = {
  path: 'certs certificate-key',
  short: 'Generate certificate keys',
  *run({ p }) {
    yield* say(p, yield* newCertificateKey(p))
  },
}

export const generateCsr: Command = {
  path: 'certs generate-csr',
  short: 'Generate keys and certificate signing requests',
  flags: [
    option.certDir,
    option.config,
    flagSpec('kubeconfig-dir', 'string', 'The path where to save the kubeconfig file.', { default: '/etc/kubernetes' }),
  ],
  *run({ p, flags, features, version }) {
    const path = flags.text('config')
    const loaded =
      path === '' ? {} : yield* loadConfig(p, path, features.minor, ['InitConfiguration', 'ClusterConfiguration'])
    const cluster = defaultCluster(loaded.cluster ?? {}, loaded.cluster?.kubernetesVersion || version)
    const init = defaultInit(loaded.init ?? {}, yield* factsOf(p))
    const { advertiseAddress: address, bindPort } = init.localAPIEndpoint
    const host = { name: init.nodeRegistration.name, address, bindPort }
    const dir = flags.text('cert-dir')
    for (const leaf of leavesOf(cluster))
      yield* writeRequest(p, `${dir}/${leaf.path}`, leaf.subject(cluster, host), cluster)
    const folder = flags.text('kubeconfig-dir')
    for (const spec of kubeconfigSpecs(cluster, host)) {
      const file = `${folder}/${spec.file}.conf`
      if (yield* exists(p, file)) throw new KubeadmError(`${file}: file already exists`)
      const { keyPem, request } = yield* newRequest(p, spec.subject, cluster)
      const credentials = { 'client-key-data': encode(keyPem) }
      const text = makeKubeconfig({
        cluster: cluster.clusterName,
        server: spec.server,
        ca: '',
        user: spec.user,
        credentials,
      })
      yield* write(p, file, text, 0o600)
      yield* write(p, `${file}.csr`, request, 0o600)
    }
  },
}

function* writeRequest(
  p: Proc,
  base: string,
  subject: Parameters<typeof newRequest>[1],
  cluster: ClusterConfiguration,
): Run<void> {
  if (yield* exists(p, `${base}.key`)) throw new KubeadmError(`${base}.key: key already exists`)
  const { keyPem, request } = yield* newRequest(p, subject, cluster)
  yield* write(p, `${base}.key`, keyPem, 0o600)
  yield* write(p, `${base}.csr`, request, 0o600)
}
