/** The load balancer of a cluster with several control planes: HAProxy, set up as kubeadm's ha-considerations describe it. */
import type { Host } from '../host/host.ts'
import { HAPROXY_CONFIG } from '../host/haproxy/config.ts'
import { HAPROXY_UNIT } from '../host/haproxy/unit.ts'
import type { ClusterPlan } from './plan.ts'

/** Makes a host the load balancer of the API servers. */
export function writeBalancer(host: Host, plan: ClusterPlan): void {
  host.files.put('/usr/sbin/haproxy', '', { mode: 0o755, program: 'haproxy' })
  host.files.put('/usr/lib/systemd/system/haproxy.service', HAPROXY_UNIT)
  host.files.put(HAPROXY_CONFIG, configOf(plan))
  host.units.daemonReload()
  host.units.enable('haproxy')
}

function configOf({ controlPlanes }: ClusterPlan): string {
  const servers = controlPlanes.map(({ name, ip }) => `    server ${name} ${ip}:6443 check verify none`)
  return `global
    log stdout format raw local0
    daemon

defaults
    mode                    tcp
    log                     global
    option                  tcplog
    option                  dontlognull
    option                  redispatch
    retries                 1
    timeout connect         5s
    timeout client          35s
    timeout server          35s

frontend apiserver
    bind *:6443
    mode tcp
    default_backend apiserverbackend

backend apiserverbackend
    option httpchk
    http-check connect ssl
    http-check send meth GET uri /healthz
    http-check expect status 200
    mode tcp
    balance     roundrobin
${servers.join('\n')}
`
}
