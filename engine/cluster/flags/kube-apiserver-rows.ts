/** The flags of kube-apiserver, 1.20 to 1.36 (O9). Models cmd/kube-apiserver/app/options and apiserver/pkg/server/options. */
import { GLOBAL_ROWS, LOG_ROWS, METRICS_ROWS, servingRows } from './common-rows.ts'
import { parseRows } from './rows.ts'

export const API_SERVER_ROWS = parseRows(`
[generic]
advertise-address ip
cloud-provider-gce-l7lb-src-cidrs cidrs 130.211.0.0/22,35.191.0.0/16 @-31
cors-allowed-origins strings
emulated-version strings @31
emulation-forward-compatible bool @33
external-hostname string
feature-gates gates
goaway-chance float
livez-grace-period duration
max-mutating-requests-inflight int 200
max-requests-inflight int 400
min-compatibility-version strings @35
min-request-timeout int 1800
request-timeout duration 1m0s
runtime-config-emulation-forward-compatible bool @33
shutdown-delay-duration duration
shutdown-send-retry-after bool @22
shutdown-watch-termination-grace-period duration @29
storage-initialization-timeout duration 1m0s @31
strict-transport-security-directives strings
master-service-namespace string default @-27 !0 will be removed in v1.27
[etcd]
delete-collection-workers int 1
enable-garbage-collector bool true
encryption-provider-config string
encryption-provider-config-automatic-reload bool @26
etcd-cafile string
etcd-certfile string
etcd-compaction-interval duration 5m0s
etcd-count-metric-poll-period duration 1m0s
etcd-db-metric-poll-interval duration 30s
etcd-healthcheck-timeout duration 2s
etcd-keyfile string
etcd-prefix string /registry
etcd-readycheck-timeout duration 2s @26
etcd-servers strings
etcd-servers-overrides strings
experimental-encryption-provider-config string @-24 !0 use --encryption-provider-config.
deserialization-cache-size int @-22 !0 the deserialization cache was dropped in 1.13 with support for etcd2
default-watch-cache-size int 100
lease-reuse-duration-seconds int 60 @20
storage-backend string
storage-media-type string application/vnd.kubernetes.protobuf
watch-cache bool true
watch-cache-sizes strings
${servingRows({ port: 6443, certDir: '/var/run/kubernetes' })}
[insecure serving]
insecure-bind-address ip 127.0.0.1 @-24 !0 This flag has no effect now and will be removed in v1.24.
insecure-port int @-24 !0 This flag has no effect now and will be removed in v1.24.
address ip 127.0.0.1 @-24 !0 see --bind-address instead.
port int @-24 !0 see --secure-port instead.
[auditing]
audit-log-batch-buffer-size int 10000
audit-log-batch-max-size int 1
audit-log-batch-max-wait duration
audit-log-batch-throttle-burst int
audit-log-batch-throttle-enable bool
audit-log-batch-throttle-qps float
audit-log-compress bool @20
audit-log-format string json
audit-log-maxage int
audit-log-maxbackup int
audit-log-maxsize int
audit-log-mode string blocking
audit-log-path string
audit-log-truncate-enabled bool
audit-log-truncate-max-batch-size int 10485760
audit-log-truncate-max-event-size int 102400
audit-log-version string audit.k8s.io/v1
audit-policy-file string
audit-webhook-batch-buffer-size int 10000
audit-webhook-batch-initial-backoff duration 10s @-27 !0 Deprecated, use --audit-webhook-initial-backoff instead.
audit-webhook-batch-max-size int 400
audit-webhook-batch-max-wait duration 30s
audit-webhook-batch-throttle-burst int 15
audit-webhook-batch-throttle-enable bool true
audit-webhook-batch-throttle-qps float 10
audit-webhook-config-file string
audit-webhook-initial-backoff duration 10s
audit-webhook-mode string batch
audit-webhook-truncate-enabled bool
audit-webhook-truncate-max-batch-size int 10485760
audit-webhook-truncate-max-event-size int 102400
audit-webhook-version string audit.k8s.io/v1
[features]
contention-profiling bool
debug-socket-path string @25
enable-priority-and-fairness bool true
enable-swagger-ui bool @-21 !0 swagger 1.2 support has been removed
profiling bool true
[authentication]
anonymous-auth bool true
api-audiences strings
authentication-config string @29
authentication-token-webhook-cache-ttl duration 2m0s
authentication-token-webhook-config-file string
authentication-token-webhook-version string v1beta1
client-ca-file string
enable-bootstrap-token-auth bool
oidc-ca-file string
oidc-client-id string
oidc-groups-claim string
oidc-groups-prefix string
oidc-issuer-url string
oidc-required-claim map
oidc-signing-algs strings RS256
oidc-username-claim string sub
oidc-username-prefix string
requestheader-allowed-names strings
requestheader-client-ca-file string
requestheader-extra-headers-prefix strings
requestheader-group-headers strings
requestheader-uid-headers strings @32
requestheader-username-headers strings
service-account-api-audiences strings @-25 !0 Use --api-audiences
service-account-extend-token-expiration bool true @20
service-account-issuer stringArray
service-account-jwks-uri string @20
service-account-key-file stringArray
service-account-lookup bool true
service-account-max-token-expiration duration
service-account-signing-endpoint string @32
token-auth-file string
[authorization]
authorization-config string @29
authorization-mode strings
authorization-policy-file string
authorization-webhook-cache-authorized-ttl duration 5m0s
authorization-webhook-cache-unauthorized-ttl duration 30s
authorization-webhook-config-file string
authorization-webhook-version string v1beta1
[cloud provider]
cloud-config string @-33
cloud-provider string @-33
[API enablement]
runtime-config config
[egress selector]
egress-selector-config-file string
[admission]
admission-control strings !0 Use --enable-admission-plugins or --disable-admission-plugins instead. Will be removed in a future version.
admission-control-config-file string
disable-admission-plugins strings
enable-admission-plugins strings
${METRICS_ROWS}
${LOG_ROWS}
[traces]
tracing-config-file string @22
[misc]
aggregator-reject-forwarding-redirect bool true @22
allow-privileged bool
apiserver-count int 1
coordinated-leadership-lease-duration duration 15s @31
coordinated-leadership-renew-deadline duration 10s @31
coordinated-leadership-retry-period duration 2s @31
default-not-ready-toleration-seconds int 300
default-unreachable-toleration-seconds int 300
enable-aggregator-routing bool
enable-logs-handler bool true !0 This flag will be removed in v1.19
endpoint-reconciler-type string lease
event-ttl duration 1h0m0s
identity-lease-duration-seconds int 3600 @20-29
identity-lease-renew-interval-seconds int 10 @20-29
kubelet-certificate-authority string
kubelet-client-certificate string
kubelet-client-key string
kubelet-https bool true @-22 !0 API Server connections to kubelet always use https. This flag will be removed in 1.22.
kubelet-port uint 10250 !0 kubelet-port is deprecated and will be removed.
kubelet-preferred-address-types strings Hostname,InternalDNS,InternalIP,ExternalDNS,ExternalIP
kubelet-read-only-port uint 10255 !0 kubelet-read-only-port is deprecated and will be removed.
kubelet-timeout duration 5s
kubernetes-service-node-port int
max-connection-bytes-per-sec int
peer-advertise-ip string @28
peer-advertise-port string @28
peer-ca-file string @28
proxy-client-cert-file string
proxy-client-key-file string
service-account-signing-key-file string
service-cluster-ip-range string
service-node-port-range portRange 30000-32767
ssh-keyfile string @-21 !0 This flag will be removed in a future version.
ssh-user string @-21 !0 This flag will be removed in a future version.
${GLOBAL_ROWS}
`)
