/** [upload-certs] of `init`. Models cmd/kubeadm/app/cmd/phases/init/uploadcerts.go. */
import { KubeadmError } from '../errors.ts'
import { say } from '../session.ts'
import { newCertificateKey, uploadCertificates } from '../uploaded-certificates.ts'
import type { Phase } from '../workflow.ts'
import { adminClient } from './data.ts'
import type { InitData } from './data.ts'

export const uploadCertsPhase: Phase<InitData> = {
  name: 'upload-certs',
  short: 'Upload certificates to kubeadm-certs',
  *run(p, data) {
    if (!data.uploadCerts) return yield* say(p, '[upload-certs] Skipping phase. Please see --upload-certs')
    if (data.externalCa)
      throw new KubeadmError("can't use upload-certs phase with an external CA or an external front-proxy CA")
    data.certificateKey ??= yield* newCertificateKey(p)
    if (data.dryRun) yield* say(p, '[upload-certs] Would upload the certificates to the Secret "kubeadm-certs"')
    else {
      const client = yield* adminClient(p, data)
      yield* uploadCertificates(p, { client, cluster: data.cluster, dir: data.cluster.certificatesDir, key: data.certificateKey }) // prettier-ignore
    }
    if (!data.skipCertificateKeyPrint) yield* p.out(`[upload-certs] Using certificate key:\n${data.certificateKey}\n`)
  },
}
