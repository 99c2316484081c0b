/** Services, Endpoints, EndpointSlices, Ingresses, NetworkPolicies. Models kubectl/pkg/describe (K3). */
import type { Run } from '../../../host/process.ts'
import type {
  EndpointSlice,
  Endpoints,
  Ingress,
  IngressBackend,
  NetworkPolicy,
  Service,
} from '../../../objects/types.gen.ts'
import { listAll } from '../builder.ts'
import type { ObjectMeta } from '../client.ts'
import type { Context } from '../command.ts'
import { labelsText } from '../printers/table.ts'
import { texts } from '../texts.ts'
import { labelSelectorText } from '../verbs/pods-of.ts'
import type { Describer } from './describer.ts'
import { annotationLines, labelLines, timeText, type Writer } from './writer.ts'

const head = (w: Writer, metadata: ObjectMeta): void => {
  w.field('Name', metadata.name)
  w.field('Namespace', metadata.namespace)
  labelLines(w, 'Labels', metadata.labels)
  annotationLines(w, metadata.annotations)
}

/** The slices of a Service. */
function* slicesOf(ctx: Context, namespace: string, service: string): Run<EndpointSlice[]> {
  const type = (yield* ctx.session.mapper()).find('endpointslices.discovery.k8s.io')
  if (!type) return []
  return (yield* listAll(ctx, type, namespace, {
    labelSelector: `kubernetes.io/service-name=${service}`,
  })) as unknown as EndpointSlice[]
}

/** Ready addresses with the number of the named port; three, then ` + N more...`. `<none>` without a slice. */
function addressesText(slices: EndpointSlice[], portName: string): string {
  const all = slices.flatMap((slice) =>
    (slice.ports ?? [])
      .filter((port) => (port.name ?? '') === portName)
      .flatMap((port) =>
        (slice.endpoints ?? [])
          .filter((endpoint) => endpoint.conditions?.ready !== false)
          .flatMap((endpoint) =>
            endpoint.addresses.map((address) => (port.port === undefined ? address : `${address}:${port.port}`)),
          ),
      ),
  )
  const shown = all.slice(0, 3).join(',')
  if (slices.length === 0) return '<none>'
  return all.length > 3 ? `${shown} + ${all.length - 3} more...` : shown
}

export const serviceDescriber: Describer = {
  kinds: ['Service'],
  *lines(w, object, ctx) {
    const { metadata, spec, status } = object as unknown as Service
    head(w, metadata as ObjectMeta)
    labelOneLine(w, 'Selector', spec?.selector)
    w.field('Type', spec?.type)
    w.optional('IP Family Policy', spec?.ipFamilyPolicy)
    w.field('IP Families', (spec?.ipFamilies ?? []).join(',') || '<none>')
    w.field('IP', spec?.clusterIP)
    w.field('IPs', (spec?.clusterIPs ?? []).join(',') || '<none>')
    w.optional('External IPs', (spec?.externalIPs ?? []).join(','))
    w.optional('Desired LoadBalancer IP', spec?.loadBalancerIP)
    w.optional('External Name', spec?.externalName)
    const ingress = (status?.loadBalancer?.ingress ?? []).map((i) =>
      i.ip ? `${i.ip}${i.ipMode ? ` (${i.ipMode})` : ''}` : i.hostname,
    )
    w.optional('LoadBalancer Ingress', ingress.join(', '))
    const slices = yield* slicesOf(ctx, metadata.namespace ?? '', metadata.name ?? '')
    for (const port of spec?.ports ?? []) {
      w.field('Port', `${port.name || '<unset>'}\t${port.port}/${port.protocol ?? 'TCP'}`)
      w.field('TargetPort', `${port.targetPort ?? port.port}/${port.protocol ?? 'TCP'}`)
      if (texts.describeAppProtocol(ctx.session.minor)) w.optional('AppProtocol', port.appProtocol)
      if (port.nodePort) w.field('NodePort', `${port.name || '<unset>'}\t${port.nodePort}/${port.protocol ?? 'TCP'}`)
      w.field('Endpoints', addressesText(slices, port.name ?? ''))
    }
    w.field('Session Affinity', spec?.sessionAffinity)
    w.optional('External Traffic Policy', spec?.externalTrafficPolicy)
    w.optional('Internal Traffic Policy', spec?.internalTrafficPolicy)
    if (spec?.healthCheckNodePort) w.field('HealthCheck NodePort', spec.healthCheckNodePort)
    w.optional('LoadBalancer Source Ranges', (spec?.loadBalancerSourceRanges ?? []).join(','))
    w.optional(
      'Traffic Distribution',
      texts.describeTrafficDistribution(ctx.session.minor) ? spec?.trafficDistribution : '',
    )
  },
}

const labelOneLine = (w: Writer, title: string, labels: Record<string, string> | undefined): void =>
  w.field(title, labelsText(labels))

export const endpointsDescriber: Describer = {
  kinds: ['Endpoints'],
  *lines(w, object) {
    const { metadata, subsets } = object as unknown as Endpoints
    head(w, metadata as ObjectMeta)
    w.line(0, 'Subsets:')
    for (const subset of subsets ?? []) {
      w.field('Addresses', (subset.addresses ?? []).map((a) => a.ip).join(',') || '<none>', 1)
      w.field('NotReadyAddresses', (subset.notReadyAddresses ?? []).map((a) => a.ip).join(',') || '<none>', 1)
      const ports = subset.ports ?? []
      if (ports.length > 0) {
        w.line(1, 'Ports:')
        w.line(2, 'Name\tPort\tProtocol')
        w.line(2, '----\t----\t--------')
        for (const port of ports) w.line(2, `${port.name || '<unset>'}\t${port.port}\t${port.protocol ?? 'TCP'}`)
      }
      w.line(0, '')
    }
  },
}

export const endpointSliceDescriber: Describer = {
  kinds: ['EndpointSlice.discovery.k8s.io'],
  *lines(w, object) {
    const slice = object as unknown as EndpointSlice
    head(w, slice.metadata as ObjectMeta)
    w.field('AddressType', slice.addressType)
    const ports = slice.ports ?? []
    w.line(0, ports.length === 0 ? 'Ports: <unset>' : 'Ports:')
    if (ports.length > 0) {
      w.line(1, 'Name\tPort\tProtocol')
      w.line(1, '----\t----\t--------')
    }
    for (const port of ports)
      w.line(1, `${port.name || '<unset>'}\t${port.port ?? '<unset>'}\t${port.protocol ?? 'TCP'}`)
    const endpoints = slice.endpoints ?? []
    w.line(0, endpoints.length === 0 ? 'Endpoints: <none>' : 'Endpoints:')
    endpoints.forEach((endpoint) => endpointLines(w, endpoint))
  },
}

function endpointLines(w: Writer, endpoint: NonNullable<EndpointSlice['endpoints']>[number]): void {
  w.line(1, `- Addresses:\t${endpoint.addresses.join(', ')}`)
  w.line(2, 'Conditions:')
  w.field('Ready', endpoint.conditions?.ready ?? '<unset>', 3)
  w.field('Hostname', endpoint.hostname ?? '<unset>', 2)
  if (endpoint.targetRef) w.field('TargetRef', `${endpoint.targetRef.kind}/${endpoint.targetRef.name}`, 2)
  w.field('NodeName', endpoint.nodeName ?? '<unset>', 2)
  w.field('Zone', endpoint.zone ?? '<unset>', 2)
}

export const ingressDescriber: Describer = {
  kinds: ['Ingress.networking.k8s.io'],
  *lines(w, object, ctx) {
    const { metadata, spec, status } = object as unknown as Ingress
    const namespace = metadata.namespace ?? ''
    w.field('Name', metadata.name)
    labelLines(w, 'Labels', metadata.labels)
    w.field('Namespace', namespace)
    w.field('Address', (status?.loadBalancer?.ingress ?? []).map((i) => i.ip ?? i.hostname).join(','))
    w.field('Ingress Class', spec?.ingressClassName ?? '<none>')
    const byDefault = spec?.defaultBackend ? yield* backendText(ctx, namespace, spec.defaultBackend) : '<default>'
    w.field('Default backend', byDefault)
    for (const tls of spec?.tls ?? []) {
      if (tls === spec!.tls![0]) w.line(0, 'TLS:')
      w.line(
        1,
        tls.secretName
          ? `${tls.secretName} terminates ${(tls.hosts ?? []).join(',')}`
          : `SNI routes ${(tls.hosts ?? []).join(',')}`,
      )
    }
    w.line(0, 'Rules:')
    w.line(1, 'Host\tPath\tBackends')
    w.line(1, '----\t----\t--------')
    const rules = (spec?.rules ?? []).filter(({ http }) => http)
    for (const rule of rules) {
      w.line(1, `${rule.host || '*'}\t`)
      for (const path of rule.http?.paths ?? [])
        w.line(2, `\t${path.path ?? ''} \t${yield* backendText(ctx, namespace, path.backend)}`)
    }
    if (rules.length === 0) w.line(1, `*\t*\t${byDefault}`)
    annotationLines(w, metadata.annotations)
  },
}

/** `web:80 (10.0.0.1:80)`; for a Service that is not there, the error. */
function* backendText(ctx: Context, namespace: string, backend: IngressBackend): Run<string> {
  if (!backend.service)
    return `APIGroup: ${backend.resource?.apiGroup ?? '<none>'}, Kind: ${backend.resource?.kind}, Name: ${backend.resource?.name}`
  const { name, port } = backend.service
  const label = `${name}:${port?.name ?? port?.number ?? ''}`
  const client = yield* ctx.session.client()
  const answer = yield* client.raw('GET', `/api/v1/namespaces/${namespace}/services/${name}`)
  if (answer.code >= 400) return `${label} (<error: services "${name}" not found>)`
  const service = answer.body as unknown as Service
  const found = service.spec?.ports?.find((p) => (port?.name ? p.name === port.name : p.port === port?.number))
  return `${label} (${addressesText(yield* slicesOf(ctx, namespace, name), found?.name ?? '')})`
}

export const networkPolicyDescriber: Describer = {
  kinds: ['NetworkPolicy.networking.k8s.io'],
  *lines(w, object) {
    const { metadata, spec } = object as unknown as NetworkPolicy
    w.field('Name', metadata.name)
    w.field('Namespace', metadata.namespace)
    w.field(
      'Created on',
      timeText(metadata.creationTimestamp).replace(
        /^\w+, (\d+) (\w+) (\d+) (\S+) (\S+)$/,
        (_, d, m, y, t, z) => `${y}-${monthNumber(m as string)}-${d} ${t} ${z} UTC`,
      ),
    )
    labelLines(w, 'Labels', metadata.labels)
    annotationLines(w, metadata.annotations)
    w.line(0, 'Spec:')
    const selector = labelSelectorText(spec?.podSelector)
    w.line(
      1,
      `PodSelector:     ${selector === '<none>' ? '<none> (Allowing the specific traffic to all pods in this namespace)' : selector}`,
    )
    direction(
      w,
      'ingress',
      'From',
      spec?.policyTypes?.includes('Ingress') ?? false,
      (spec?.ingress ?? []).map((r) => ({ ports: r.ports, peers: r.from })),
    )
    direction(
      w,
      'egress',
      'To',
      spec?.policyTypes?.includes('Egress') ?? false,
      (spec?.egress ?? []).map((r) => ({ ports: r.ports, peers: r.to })),
    )
    w.line(1, `Policy Types: ${(spec?.policyTypes ?? []).join(', ')}`)
  },
  events: false,
}

const monthNumber = (name: string): string =>
  String(
    ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'].indexOf(name) + 1,
  ).padStart(2, '0')

type Rule = NonNullable<NonNullable<NetworkPolicy['spec']>['ingress']>[number]

function direction(
  w: Writer,
  name: string,
  word: string,
  on: boolean,
  rules: { ports: Rule['ports']; peers: Rule['from'] }[],
): void {
  if (!on) return w.line(1, `Not affecting ${name} traffic`)
  w.line(1, `Allowing ${name} traffic:`)
  if (rules.length === 0) w.line(2, `<none> (Selected pods are isolated for ${name} connectivity)`)
  rules.forEach((rule, i) => {
    if (!rule.ports?.length) w.line(2, 'To Port: <any> (traffic allowed to all ports)')
    for (const port of rule.ports ?? []) w.line(2, portText(port))
    if (!rule.peers?.length)
      w.line(2, `${word}: <any> (traffic not restricted by ${word === 'From' ? 'source' : 'destination'})`)
    for (const peer of rule.peers ?? []) peerLines(w, word, peer)
    if (i !== rules.length - 1) w.line(2, '----------')
  })
}

/** A rule for a protocol alone has Go's nil for its port. */
function portText({ port = '<nil>', endPort, protocol = 'TCP' }: NonNullable<Rule['ports']>[number]): string {
  return endPort === undefined ? `To Port: ${port}/${protocol}` : `To Port Range: ${port}-${endPort}/${protocol}`
}

function peerLines(w: Writer, word: string, peer: NonNullable<Rule['from']>[number]): void {
  w.line(2, `${word}:`)
  if (peer.ipBlock) {
    w.line(3, 'IPBlock:')
    w.line(4, `CIDR: ${peer.ipBlock.cidr}`)
    w.line(4, `Except: ${(peer.ipBlock.except ?? []).join(', ')}`)
    return
  }
  if (peer.namespaceSelector) w.line(3, `NamespaceSelector: ${labelSelectorText(peer.namespaceSelector)}`)
  if (peer.podSelector) w.line(3, `PodSelector: ${labelSelectorText(peer.podSelector)}`)
}
