/**
 * Flags that several components share, as tables (rows.ts). Models apiserver/pkg/server/options and
 * component-base's logs, metrics, leader election and client connection. Releases 1.20 to 1.36; where
 * upstream added a flag before 1.20 it counts as known always.
 */

const KLOG =
  'will be removed in a future release, see https://github.com/kubernetes/enhancements/tree/master/keps/sig-instrumentation/2845-deprecate-klog-specific-flags-in-k8s-components'

export interface ServingDefaults {
  port: number
  certDir: string
}

export const servingRows = ({ port, certDir }: ServingDefaults): string => `
[secure serving]
bind-address ip 0.0.0.0
cert-dir string ${certDir}
disable-http2-serving bool @28
http2-max-streams-per-connection int
permit-address-sharing bool @21
permit-port-sharing bool
secure-port int ${port}
tls-cert-file string
tls-cipher-suites strings
tls-curve-preferences strings @36
tls-min-version string
tls-private-key-file string
tls-sni-cert-key stringArray
`

/** Delegated authentication and authorization, as the manager and the scheduler have them. */
export const DELEGATED_ROWS = `
[authentication]
authentication-kubeconfig string
authentication-skip-lookup bool
authentication-token-webhook-cache-ttl duration 10s
authentication-tolerate-lookup-failure bool
client-ca-file string
requestheader-allowed-names strings
requestheader-client-ca-file string
requestheader-extra-headers-prefix strings x-remote-extra-
requestheader-group-headers strings x-remote-group
requestheader-uid-headers strings @32
requestheader-username-headers strings x-remote-user
[authorization]
authorization-always-allow-paths strings /healthz,/readyz,/livez
authorization-kubeconfig string
authorization-webhook-cache-authorized-ttl duration 10s
authorization-webhook-cache-unauthorized-ttl duration 10s
`

export const leaderRows = (name: string): string => `
[leader election]
leader-elect bool true
leader-elect-lease-duration duration 15s
leader-elect-renew-deadline duration 10s
leader-elect-resource-lock string leases
leader-elect-resource-name string ${name}
leader-elect-resource-namespace string kube-system
leader-elect-retry-period duration 2s
`

export const METRICS_ROWS = `
[metrics]
allow-metric-labels map @21
allow-metric-labels-manifest string @29
disabled-metrics strings @21
show-hidden-metrics-for-version string
`

/** klog's own flags were deprecated with 1.23 and went with 1.26. */
export const LOG_ROWS = `
[logs]
experimental-logging-sanitization bool @20-24
log-flush-frequency duration 5s
log-json-info-buffer-size string @24
log-json-split-stream bool @24
log-text-info-buffer-size string @31
log-text-split-stream bool @31
logging-format string text
v int
vmodule string
add-dir-header bool @-26 !23 ${KLOG}
alsologtostderr bool @-26 !23 ${KLOG}
log-backtrace-at string @-26 !23 ${KLOG}
log-dir string @-26 !23 ${KLOG}
log-file string @-26 !23 ${KLOG}
log-file-max-size uint 1800 @-26 !23 ${KLOG}
logtostderr bool true @-26 !23 ${KLOG}
one-output bool @20-26 !23 ${KLOG}
skip-headers bool @-26 !23 ${KLOG}
skip-log-headers bool @-26 !23 ${KLOG}
stderrthreshold int 2 @-26 !23 ${KLOG}
`

export const GLOBAL_ROWS = `
[global]
azure-container-registry-config string @-30 !26 This flag is deprecated and will be removed in a future release.
help bool
version version
`
