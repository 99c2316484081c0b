/** The flags of kube-proxy, 1.20 to 1.36 (O6, O9). Models cmd/kube-proxy/app/options.go. */
import { GLOBAL_ROWS, LOG_ROWS } from './common-rows.ts'
import { parseRows } from './rows.ts'

const AWAY = 'This flag is deprecated and will be removed in a future release.'

export const PROXY_ROWS = parseRows(`
[flags]
bind-address proxyIp 0.0.0.0
bind-address-hard-fail bool @20
boot-id-file string /proc/sys/kernel/random/boot_id @22-26
cleanup bool
cleanup-ipvs bool true @-22 !0 In a future release, running --cleanup will always flush IPVS rules
cluster-cidr string
config string
config-sync-period duration 15m0s
conntrack-max-per-core int32 32768
conntrack-min int32 131072
conntrack-tcp-be-liberal bool @29
conntrack-tcp-timeout-close-wait duration 1h0m0s
conntrack-tcp-timeout-established duration 24h0m0s
conntrack-udp-timeout duration @29
conntrack-udp-timeout-stream duration @29
detect-local-mode string
feature-gates gates
healthz-bind-address ipport 0.0.0.0:10256
healthz-port int32 10256 !0 ${AWAY} Please use --healthz-bind-address instead.
hostname-override string
init-only bool @28
iptables-localhost-nodeports bool true @26
iptables-masquerade-bit int32 14
iptables-min-sync-period duration 1s
iptables-sync-period duration 30s
ipvs-exclude-cidrs strings
ipvs-min-sync-period duration
ipvs-scheduler string
ipvs-strict-arp bool
ipvs-sync-period duration 30s
ipvs-tcp-timeout duration
ipvs-tcpfin-timeout duration
ipvs-udp-timeout duration
kube-api-burst int32 10
kube-api-content-type string application/vnd.kubernetes.protobuf
kube-api-qps float32 5
kubeconfig string
machine-id-file string /etc/machine-id,/var/lib/dbus/machine-id @22-26
masquerade-all bool
master string
metrics-bind-address ipport 127.0.0.1:10249
metrics-port int32 10249 !0 ${AWAY} Please use --metrics-bind-address instead.
nodeport-addresses strings
oom-score-adj int32 -999
pod-bridge-interface string @23
pod-interface-name-prefix string @23
profiling bool
proxy-mode string
proxy-port-range portRange
show-hidden-metrics-for-version string
udp-timeout duration 250ms @-26
write-config-to string
${LOG_ROWS}
${GLOBAL_ROWS}
`)
