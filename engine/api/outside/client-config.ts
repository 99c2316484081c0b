/** Where a webhook is called: a Service of the cluster or a URL. Models apiserver util/webhook/client.go. */
import type { OutsideCall } from '../pipeline/admission/plugin.ts'

/** As admission webhooks and conversion webhooks have it. */
export interface ClientConfig {
  readonly url?: string
  readonly caBundle?: string
  readonly service?: {
    readonly name: string
    readonly namespace: string
    readonly path?: string
    readonly port?: number
  }
}

/** A call that posts JSON. `query` is added to the URL, as `timeout=10s`. */
export function webhookCall(
  config: ClientConfig,
  of: { key: string; body: unknown; timeoutMs: number; query?: Record<string, string> },
): OutsideCall {
  const { service } = config
  const port = service?.port ?? 443
  const base = service ? `https://${service.name}.${service.namespace}.svc:${port}` : ''
  const parsed = /^(https?:\/\/[^/?#]+)([^?#]*)/.exec(config.url ?? '')
  const path = service ? (service.path ?? '').replace(/^\/?/, '/') : parsed?.[2] || '/'
  return {
    key: of.key,
    url: service
      ? `${base}${path === '/' && service.path === undefined ? '/' : path}`
      : `${parsed?.[1] ?? ''}${parsed?.[2] ?? ''}`,
    request: {
      method: 'POST',
      path,
      query: of.query ?? {},
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, */*',
        'user-agent': 'kube-apiserver-admission',
      },
      body: of.body,
    },
    timeoutMs: of.timeoutMs,
    ...(config.caBundle ? { caBundle: pemOf(config.caBundle) } : {}),
    ...(service && { service: { namespace: service.namespace, name: service.name, port } }),
  }
}

/** The PEM in base64, as objects hold bytes. */
function pemOf(caBundle: string): string {
  try {
    return atob(caBundle)
  } catch {
    return ''
  }
}
