/** The flags of kube-scheduler, 1.20 to 1.36 (O3, O9). Models cmd/kube-scheduler/app/options. */
import { DELEGATED_ROWS, GLOBAL_ROWS, leaderRows, LOG_ROWS, METRICS_ROWS, servingRows } from './common-rows.ts'
import { parseRows } from './rows.ts'

export const SCHEDULER_ROWS = parseRows(`
[misc]
config string
emulated-version strings @31
feature-gates gates
master string
min-compatibility-version strings @35
write-config-to string
${servingRows({ port: 10259, certDir: '' })}
[insecure serving]
address ip 0.0.0.0 @-24 !0 This flag has no effect now and will be removed in v1.24. You can use --bind-address instead.
port int @-24 !0 This flag has no effect now and will be removed in v1.24. You can use --secure-port instead.
${DELEGATED_ROWS}
authentication-tolerate-lookup-failure bool true
[deprecated]
algorithm-provider string @-23
contention-profiling bool true
hard-pod-affinity-symmetric-weight int32 1 @-23
kube-api-burst int32 100
kube-api-content-type string application/vnd.kubernetes.protobuf
kube-api-qps float32 50
kubeconfig string
lock-object-name string kube-scheduler @-27
lock-object-namespace string kube-system @-27
pod-max-in-unschedulable-pods-duration duration 5m0s @24
policy-config-file string @-23
policy-configmap string @-23
policy-configmap-namespace string kube-system @-23
profiling bool true
scheduler-name string default-scheduler @-23
use-legacy-policy-config bool @-23
${leaderRows('kube-scheduler')}
${METRICS_ROWS}
${LOG_ROWS}
${GLOBAL_ROWS}
`)
