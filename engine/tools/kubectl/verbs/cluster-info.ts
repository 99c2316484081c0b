/** `kubectl cluster-info`. Models kubectl/pkg/cmd/clusterinfo. Not modelled: colours. */
import type { Run } from '../../../host/process.ts'
import type { ListObject } from '../client.ts'
import type { Command, Context } from '../command.ts'

export const clusterInfoCommand: Command = { path: 'cluster-info', complete: 'none', run: runClusterInfo }

const SERVICES = '/api/v1/namespaces/kube-system/services'

function* runClusterInfo(ctx: Context): Run<void> {
  const client = yield* ctx.session.client()
  const { server } = client.connection
  const list = yield* client.get<ListObject>(SERVICES, { labelSelector: 'kubernetes.io/cluster-service=true' })
  const lines = [`Kubernetes control plane is running at ${server}`]
  for (const service of list.items ?? []) {
    const { name = '', labels = {} } = service.metadata ?? {}
    const ports = (service.spec as { ports?: { name?: string }[] } | undefined)?.ports ?? []
    const port = ports[0]?.name ? `:${ports[0].name}` : ''
    lines.push(`${labels['kubernetes.io/name'] ?? name} is running at ${server}${SERVICES}/${name}${port}/proxy`)
  }
  yield* ctx.p.out(
    `${lines.join('\n')}\n\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.\n`,
  )
}
