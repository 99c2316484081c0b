/** `kubeadm kubeconfig user`. Models cmd/kubeadm/app/cmd/kubeconfig.go. */
import type { ClusterConfiguration } from './config/types.ts'
import { makeGoDuration, parseGoDuration } from '../../objects/duration.ts'
import { serverUrl } from './artifacts/addresses.ts'
import { makeKubeconfig } from './artifacts/kubeconfigs.ts'
import { signingAuthority } from './certificate-files.ts'
import { fetchCluster } from './cluster-config.ts'
import type { Command } from './command.ts'
import { defaultCluster, defaultInit } from './config/defaults.ts'
import { loadConfig } from './config/load.ts'
import { goError, KubeadmError } from './errors.ts'
import { clientKubeconfig } from './kubeconfig-files.ts'
import { flagSpec, option } from './options.ts'
import { conf } from './paths.ts'
import { clientFrom, factsOf, readText } from './session.ts'

export const kubeconfig: Command = {
  path: 'kubeconfig',
  short: 'Kubeconfig file utilities',
}

export const kubeconfigUser: Command = {
  path: 'kubeconfig user',
  short: 'Output a kubeconfig file for an additional user',
  flags: [
    option.config,
    flagSpec('client-name', 'string', 'The name of user. It will be used as the CN if client certificates are created'),
    flagSpec('token', 'string', 'The token that should be used as the authentication mechanism for this kubeconfig, instead of client certificates'), // prettier-ignore
    flagSpec('org', 'strings', 'The organizations of the client certificate. It will be used as the O if client certificates are created'), // prettier-ignore
    flagSpec('validity-period', 'duration', 'The validity period of the client certificate. It is an offset from the current time.', { default: '8760h0m0s' }), // prettier-ignore
  ],
  *run({ p, flags, features, version }) {
    const name = flags.text('client-name')
    if (name === '') throw new KubeadmError('required flag(s) "client-name" not set')
    const path = flags.text('config')
    const loaded =
      path === '' ? {} : yield* loadConfig(p, path, features.minor, ['InitConfiguration', 'ClusterConfiguration'])
    let cluster: ClusterConfiguration | undefined
    if (path === '') {
      const text = yield* readText(p, conf('admin'))
      try {
        if (text !== undefined) {
          cluster = yield* fetchCluster(yield* clientFrom(p, text, conf('admin')), features.minor)
        }
      } catch (error) {
        if (goError(error) === undefined) throw error
      }
    }
    cluster ??= defaultCluster(loaded.cluster ?? {}, loaded.cluster?.kubernetesVersion || version)
    const init = defaultInit(loaded.init ?? {}, yield* factsOf(p))
    const { advertiseAddress: address, bindPort } = init.localAPIEndpoint
    const server = serverUrl(cluster, { address, bindPort })
    const authority = yield* signingAuthority(p, cluster.certificatesDir, 'ca')
    const token = flags.text('token')
    if (token !== '') {
      const ca = authority.certificatePem
      return yield* p.out(
        makeKubeconfig({ cluster: cluster.clusterName, server, ca, user: name, credentials: { token } }),
      )
    }
    const period = makeGoDuration(parseGoDuration(flags.text('validity-period')))
    const organizations = flags.list('org')
    const subject = {
      commonName: name,
      ...(organizations.length > 0 && { organizations }),
      usages: ['clientAuth' as const],
    }
    const settings = { ...cluster, certificateValidityPeriod: period }
    yield* p.out(yield* clientKubeconfig(p, authority, settings, { user: name, subject, server }))
  },
}
