/**
 * The versions that pluto knows: those of Kubernetes from upstream's own markers (J), with the few of istio and
 * cert-manager from its versions.yaml. Where pluto's list and the markers differ, the markers stand.
 */
import { lifecycleRows } from '../../objects/kinds.ts'
import { compareVersions } from '../../versions/version.ts'

export interface ApiVersion {
  /** `policy/v1beta1` */
  version: string
  kind: string
  /** `v1.21.0`, or ''. */
  deprecatedIn: string
  removedIn: string
  replacement: string
  /** '': always. */
  availableIn: string
  component: string
}

type Row = ReturnType<typeof lifecycleRows>[number]

const fullVersion = (release: string | null): string => (release === null ? '' : `v${release}.0`)

/** The marked replacement, or the stable version of the same kind. */
function replacementOf(row: Row, all: readonly Row[]): { version: string; since: string } {
  const [version = '', kind = row.kind] = (row.replacement ?? '').split(' ')
  const [group = '', short = ''] = version.split('/')
  const marked = all.find((one) => one.group === group && one.version === short && one.kind === kind)
  if (version !== '') return { version, since: fullVersion(marked?.introduced ?? null) }
  const stable = all.find((one) => one.group === row.group && one.kind === row.kind && /^v\d+$/.test(one.version))
  return stable === undefined
    ? { version: '', since: '' }
    : { version: `${stable.group}/${stable.version}`, since: fullVersion(stable.introduced) }
}

function ofKubernetes(): ApiVersion[] {
  const all = lifecycleRows()
  return all
    .filter(({ deprecated, group }) => deprecated !== null && group !== '')
    .map((row) => {
      const { version, since } = replacementOf(row, all)
      return {
        version: `${row.group}/${row.version}`,
        kind: row.kind,
        deprecatedIn: fullVersion(row.deprecated),
        removedIn: fullVersion(row.removed),
        replacement: version,
        availableIn: since,
        component: 'k8s',
      }
    })
}

const CERT_KINDS = ['Certificate', 'Issuer', 'ClusterIssuer', 'CertificateRequest']

function ofCertManager(): ApiVersion[] {
  return ['v1alpha2', 'v1alpha3', 'v1beta1'].flatMap((version) =>
    CERT_KINDS.map((kind) => ({
      version: `cert-manager.io/${version}`,
      kind,
      deprecatedIn: 'v1.4.0',
      removedIn: 'v1.6.0',
      replacement: 'cert-manager.io/v1',
      availableIn: '',
      component: 'cert-manager',
    })),
  )
}

const ISTIO: ApiVersion[] = [
  {
    version: 'rbac.istio.io',
    kind: 'AuthorizationPolicies',
    deprecatedIn: 'v1.4.0',
    removedIn: 'v1.4.0',
    replacement: 'security.istio.io/v1beta1',
    availableIn: '',
    component: 'istio',
  },
]

let known: ApiVersion[] | undefined

/** Made once; the list never changes. */
export function apiVersions(): readonly ApiVersion[] {
  return (known ??= [...ofKubernetes(), ...ISTIO, ...ofCertManager()])
}

export const DEFAULT_TARGETS: Readonly<Record<string, string>> = {
  'cert-manager': 'v1.5.3',
  istio: 'v1.11.0',
  k8s: 'v1.25.0',
}

export type Targets = Readonly<Record<string, string>>

const reached = (component: string, since: string, targets: Targets, otherwise: boolean): boolean => {
  const target = targets[component]
  if (since === '') return otherwise
  return target !== undefined && compareVersions(target, since) >= 0
}

export const isDeprecated = ({ component, deprecatedIn }: ApiVersion, targets: Targets): boolean =>
  reached(component, deprecatedIn, targets, false)
export const isRemoved = ({ component, removedIn }: ApiVersion, targets: Targets): boolean =>
  reached(component, removedIn, targets, false)
export const isReplaceable = ({ component, availableIn }: ApiVersion, targets: Targets): boolean =>
  reached(component, availableIn, targets, true)
