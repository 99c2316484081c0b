import { fields, flag, optional, text } from '../format/schema.ts'
import { hostName } from '../format/common.ts'
import { NotSupported } from '../../view.ts'
import type { ClusterView } from '../../view.ts'
import { defineCheck, seen } from './check.ts'

const MANIFESTS = '/etc/kubernetes/manifests'

/** A static pod: its manifest lies where the kubelet looks, and its container runs. Asks the runtime, so the API may be down. */
export const staticPod = defineCheck({
  schema: fields(
    {
      on: hostName,
      name: text('The name of the container and of the manifest: kube-apiserver, etcd.'),
      running: optional(flag('Its container runs, or does not; true when left out.')),
    },
    'The container of a static pod runs on a host, or does not.',
  ),
  wanted: (of) => `static pod ${of.name} on ${of.on} ${of.running === false ? 'not running' : 'running'}`,
  observe: async (of, { view }) => {
    const manifest = await view.file(of.on, `${MANIFESTS}/${of.name}.yaml`)
    const running = (await containers(view, of.on, of.name)) !== ''
    const wanted = of.running ?? true
    const holds = running === wanted && (!wanted || manifest !== undefined)
    return seen(holds, `${manifest === undefined ? `no ${of.name}.yaml in ${MANIFESTS}` : 'manifest in place'}, ${running ? 'running' : 'no running container'}`) // prettier-ignore
  },
  mentions: (of) => [
    { what: 'host', text: of.on },
    { what: 'name', text: of.name },
  ],
})

async function containers(view: ClusterView, host: string, name: string): Promise<string> {
  const { code, stdout, stderr } = await view.run(
    { host, user: 'root' },
    `crictl ps -q --state running --name '^${name}$'`,
  )
  if (code === 127) throw new NotSupported(`no crictl on ${host}`)
  if (code !== 0) throw new Error(stderr.trim())
  return stdout.trim()
}
