import { fields } from '../format/schema.ts'
import { hostName } from '../format/common.ts'
import { runOrFail } from './run-or-fail.ts'
import { defineFault } from './fault.ts'

const MANIFEST = '/etc/kubernetes/manifests/etcd.yaml'
const ASIDE = '/etc/kubernetes/etcd.yaml.aside'

/** The disk of an etcd member is lost: its data directory is empty when it starts again. */
export const wipeEtcd = defineFault({
  schema: fields({ on: hostName }, 'Empties the data directory of the etcd member on a host, and starts it again.'),
  carryOut: async (of, { hands }) => {
    const script = [
      'set -e',
      `dir=$(grep -o -- '--data-dir=[^ ]*' ${MANIFEST} | cut -d= -f2)`,
      `mv ${MANIFEST} ${ASIDE}`,
      'for i in $(seq 60); do test -z "$(crictl ps -q --name etcd)" && break; sleep 1; done',
      'rm -rf "$dir/member"',
      `mv ${ASIDE} ${MANIFEST}`,
    ].join('\n')
    await runOrFail(hands, of.on, script, 'wipeEtcd')
  },
})
