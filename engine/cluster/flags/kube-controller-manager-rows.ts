/** The flags of kube-controller-manager, 1.20 to 1.36 (O3, O9, B1). Models cmd/kube-controller-manager/app/options. */
import { DELEGATED_ROWS, GLOBAL_ROWS, leaderRows, LOG_ROWS, METRICS_ROWS, servingRows } from './common-rows.ts'
import { parseRows } from './rows.ts'

export const MANAGER_ROWS = parseRows(`
[debugging]
contention-profiling bool
profiling bool true
${leaderRows('kube-controller-manager')}
[leader-migration]
enable-leader-migration bool @21
leader-migration-config string @21
[generic]
allocate-node-cidrs bool
cidr-allocator-type string RangeAllocator
cloud-config string
cloud-provider string
cluster-cidr string
cluster-name string kubernetes
configure-cloud-routes bool true
controller-shutdown-timeout duration 10s @35
controller-start-interval duration
controllers strings *
emulated-version strings @31
external-cloud-volume-plugin string @-31
feature-gates gates
kube-api-burst int32 30
kube-api-content-type string application/vnd.kubernetes.protobuf
kube-api-qps float32 20
min-compatibility-version strings @35
min-resync-period duration 12h0m0s
node-monitor-period duration 5s
node-sync-period duration @-27 !0 This flag is currently no-op and will be deleted.
route-reconciliation-period duration 10s
use-service-account-credentials bool
[service controller]
concurrent-service-syncs int32 1
${servingRows({ port: 10257, certDir: '' })}
[insecure serving]
address ip 0.0.0.0 @-24 !0 see --bind-address instead.
port int @-24 !0 see --secure-port instead.
${DELEGATED_ROWS}
[attachdetach controller]
attach-detach-reconcile-sync-period duration 1m0s
disable-attach-detach-reconcile-sync bool
disable-force-detach-on-timeout bool @30
[csrsigning controller]
cluster-signing-cert-file string
cluster-signing-duration duration 8760h0m0s
cluster-signing-key-file string
cluster-signing-kube-apiserver-client-cert-file string
cluster-signing-kube-apiserver-client-key-file string
cluster-signing-kubelet-client-cert-file string
cluster-signing-kubelet-client-key-file string
cluster-signing-kubelet-serving-cert-file string
cluster-signing-kubelet-serving-key-file string
cluster-signing-legacy-unknown-cert-file string
cluster-signing-legacy-unknown-key-file string
experimental-cluster-signing-duration duration 8760h0m0s @-25 !0 use --cluster-signing-duration
[deployment controller]
concurrent-deployment-syncs int32 5
deployment-controller-sync-period duration 30s @-26 !0 This flag is currently no-op and will be deleted.
[statefulset controller]
concurrent-statefulset-syncs int32 5
[daemonset controller]
concurrent-daemonset-syncs int32 2 @28
[device-taint-eviction controller]
concurrent-device-taint-eviction-syncs int32 8 @35
[deprecated]
deleting-pods-burst int32 @-27 !0 This flag is currently no-op and will be deleted.
deleting-pods-qps float32 0.1 @-27 !0 This flag is currently no-op and will be deleted.
register-retry-count int32 10 @-27 !0 This flag is currently no-op and will be deleted.
[endpoint controller]
concurrent-endpoint-syncs int32 5
endpoint-updates-batch-period duration
[endpointslice controller]
concurrent-service-endpoint-syncs int32 5
endpointslice-updates-batch-period duration
max-endpoints-per-slice int32 100
[endpointslicemirroring controller]
mirroring-concurrent-service-endpoint-syncs int32 5
mirroring-endpointslice-updates-batch-period duration
mirroring-max-endpoints-per-subset int32 1000
[ephemeralvolume controller]
concurrent-ephemeralvolume-syncs int32 5 @23
[garbagecollector controller]
concurrent-gc-syncs int32 20
enable-garbage-collector bool true
[horizontalpodautoscaling controller]
concurrent-horizontal-pod-autoscaler-syncs int32 5 @25
horizontal-pod-autoscaler-cpu-initialization-period duration 5m0s
horizontal-pod-autoscaler-downscale-delay duration 5m0s @-25 !0 This flag is currently no-op and will be deleted.
horizontal-pod-autoscaler-downscale-stabilization duration 5m0s
horizontal-pod-autoscaler-initial-readiness-delay duration 30s
horizontal-pod-autoscaler-sync-period duration 15s
horizontal-pod-autoscaler-tolerance float 0.1
horizontal-pod-autoscaler-upscale-delay duration 3m0s @-25 !0 This flag is currently no-op and will be deleted.
horizontal-pod-autoscaler-use-rest-clients bool true @-25 !0 Heapster is no longer supported as a source for Horizontal Pod Autoscaler metrics.
[job controller]
concurrent-job-syncs int32 5 @27
[cronjob controller]
concurrent-cron-job-syncs int32 5 @27
[legacy-service-account-token-cleaner controller]
legacy-service-account-token-clean-up-period duration 8760h0m0s @28
[namespace controller]
concurrent-namespace-syncs int32 10
namespace-sync-period duration 5m0s
[nodeipam controller]
node-cidr-mask-size int32
node-cidr-mask-size-ipv4 int32
node-cidr-mask-size-ipv6 int32
service-cluster-ip-range string
[nodelifecycle controller]
enable-taint-manager bool true @-27 !26 This flag is deprecated and it will be removed in 1.27. The taint-manager is enabled by default and will remain implicitly enabled once this flag is removed.
large-cluster-size-threshold int32 50
node-eviction-rate float32 0.1
node-monitor-grace-period duration 40s @-32
node-monitor-grace-period duration 50s @32
node-startup-grace-period duration 1m0s
pod-eviction-timeout duration 5m0s @-27 !26 This flag is deprecated and it will be removed in 1.27. Once taint based evictions is GA, this flag has no effect.
secondary-node-eviction-rate float32 0.01
unhealthy-zone-threshold float32 0.55
[persistentvolume-binder controller]
enable-dynamic-provisioning bool true
enable-hostpath-provisioner bool
flex-volume-plugin-dir string /usr/libexec/kubernetes/kubelet-plugins/volume/exec/ @-36
pv-recycler-increment-timeout-nfs int32 30
pv-recycler-minimum-timeout-hostpath int32 60
pv-recycler-minimum-timeout-nfs int32 300
pv-recycler-pod-template-filepath-hostpath string
pv-recycler-pod-template-filepath-nfs string
pv-recycler-timeout-increment-hostpath int32 30
pvclaimbinder-sync-period duration 15s
volume-host-allow-local-loopback bool true @20-31
volume-host-cidr-denylist strings @20-31
[podgc controller]
terminated-pod-gc-threshold int32 12500
[replicaset controller]
concurrent-replicaset-syncs int32 5
[replicationcontroller]
concurrent-rc-syncs int32 5
[resourceclaim controller]
concurrent-resource-claim-syncs int32 50 @34
[resourcequota controller]
concurrent-resource-quota-syncs int32 5
resource-quota-sync-period duration 5m0s
[serviceaccount controller]
concurrent-serviceaccount-token-syncs int32 5
root-ca-file string
service-account-private-key-file string
[ttl-after-finished controller]
concurrent-ttl-after-finished-syncs int32 5
[validatingadmissionpolicystatus controller]
concurrent-validating-admission-policy-status-syncs int32 5 @28
${METRICS_ROWS}
${LOG_ROWS}
[misc]
insecure-experimental-approve-all-kubelet-csrs-for-group string @-26 !0 This flag does nothing.
kubeconfig string
master string
${GLOBAL_ROWS}
`)
