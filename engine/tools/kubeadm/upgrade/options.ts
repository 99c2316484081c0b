/** Flags of the upgrade commands. Models cmd/kubeadm/app/cmd/upgrade/upgrade.go. */
import { flagSpec, option } from '../options.ts'

const experimental = flagSpec('allow-experimental-upgrades', 'bool', 'Show unstable versions of Kubernetes as an upgrade alternative and allow upgrading to an alpha/beta/release candidate versions of Kubernetes.') // prettier-ignore
const candidates = flagSpec('allow-release-candidate-upgrades', 'bool', 'Show release candidate versions of Kubernetes as an upgrade alternative and allow upgrading to a release candidate versions of Kubernetes.') // prettier-ignore
const printConfig = flagSpec('print-config', 'bool', 'Specifies whether the configuration file that will be used in the upgrade should be printed or not.', { hidden: true }) // prettier-ignore
const renewal = flagSpec('certificate-renewal', 'bool', 'Perform the renewal of certificates used by component changed during upgrades.', { default: 'true' }) // prettier-ignore
const etcd = flagSpec('etcd-upgrade', 'bool', 'Perform the upgrade of etcd.', { default: 'true' })
const force = flagSpec('force', 'bool', 'Force upgrading although some requirements might not be met. This also implies non-interactive mode.', { short: 'f' }) // prettier-ignore
const yes = flagSpec('yes', 'bool', 'Perform the upgrade and do not prompt for confirmation (non-interactive mode).', { short: 'y' }) // prettier-ignore

const common = [option.config, option.kubeconfig, option.ignorePreflightErrors]

export const planFlags = [
  ...common,
  experimental,
  candidates,
  printConfig,
  option.featureGates,
  flagSpec('output', 'string', 'EXPERIMENTAL: Output format. One of: text|json|yaml|go-template|go-template-file|template|templatefile|jsonpath|jsonpath-as-json|jsonpath-file.', { short: 'o', default: 'text' }), // prettier-ignore
]

export const applyFlags = [
  ...common,
  experimental,
  candidates,
  printConfig,
  option.featureGates,
  renewal,
  option.dryRun,
  etcd,
  force,
  yes,
  option.patches,
  option.skipPhases,
]

export const nodeFlags = [...common, renewal, option.dryRun, etcd, option.patches, option.skipPhases]

export const diffFlags = [
  option.config,
  option.kubeconfig,
  flagSpec('context-lines', 'int', 'How many lines of context in the diff', { short: 'c', default: '3' }),
  ...['api-server', 'controller-manager', 'scheduler'].map((name) =>
    flagSpec(`${name}-manifest`, 'string', `path to ${name} manifest`, {
      default: `/etc/kubernetes/manifests/kube-${name === 'api-server' ? 'apiserver' : name}.yaml`,
      hidden: true,
    }),
  ),
]
