/** What stands in the cluster before the first row, and the files that both kubectls find in their folder. */

const POD = `    spec:
      containers:
      - name: nginx
        image: nginx:1.27
        ports: [{containerPort: 80, name: http}]
        resources: {requests: {cpu: 50m, memory: 32Mi}, limits: {memory: 64Mi}}`

/** Objects of every kind that a learner meets, in namespaces \`shop\` and \`default\`. */
export const STAGE = `
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {team: shop}}
---
apiVersion: v1
kind: Namespace
metadata: {name: empty}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop, labels: {app: web, tier: front}, annotations: {kubernetes.io/change-cause: first}}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web, tier: front}}
    spec:
      serviceAccountName: clerk
      containers:
      - name: nginx
        image: nginx:1.27
        ports: [{containerPort: 80, name: http}]
        env:
        - {name: COLOR, value: blue}
        - {name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
        - {name: MODE, valueFrom: {configMapKeyRef: {name: settings, key: mode}}}
        - {name: PASS, valueFrom: {secretKeyRef: {name: login, key: password, optional: true}}}
        envFrom: [{configMapRef: {name: settings}}]
        resources: {requests: {cpu: 50m, memory: 32Mi}, limits: {cpu: 100m, memory: 64Mi}}
        readinessProbe: {httpGet: {path: /, port: 80}, periodSeconds: 5}
        livenessProbe: {tcpSocket: {port: http}, initialDelaySeconds: 3}
        volumeMounts: [{name: settings, mountPath: /etc/settings, readOnly: true}, {name: work, mountPath: /work}]
      volumes:
      - {name: settings, configMap: {name: settings}}
      - {name: work, emptyDir: {sizeLimit: 10Mi}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: broken, namespace: shop}
spec:
  selector: {matchLabels: {app: broken}}
  template:
    metadata: {labels: {app: broken}}
    spec: {containers: [{name: main, image: "nginx:no-such-tag"}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: shop}
spec:
  replicas: 2
  serviceName: db
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
${POD}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: shop}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
${POD}
---
apiVersion: batch/v1
kind: Job
metadata: {name: once, namespace: shop}
spec:
  completions: 2
  template:
    spec:
      restartPolicy: Never
      containers: [{name: main, image: "busybox:1.36", command: [sh, -c, "echo done"]}]
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly, namespace: shop}
spec:
  schedule: "0 3 * * *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: OnFailure
          containers: [{name: main, image: "busybox:1.36", command: [sh, -c, "echo night"]}]
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop, labels: {app: web}}
spec:
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: http}]
---
apiVersion: v1
kind: Service
metadata: {name: door, namespace: shop}
spec:
  type: NodePort
  selector: {app: web}
  ports: [{port: 80, nodePort: 30080}]
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec:
  clusterIP: None
  selector: {app: db}
  ports: [{port: 5432}]
---
apiVersion: v1
kind: Service
metadata: {name: away, namespace: shop}
spec: {type: ExternalName, externalName: example.com}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop}
spec:
  ingressClassName: nginx
  tls: [{hosts: [shop.example.com], secretName: tls}]
  rules:
  - host: shop.example.com
    http:
      paths:
      - {path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}
      - {path: /door, pathType: Exact, backend: {service: {name: door, port: {number: 80}}}}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: only-web, namespace: shop}
spec:
  podSelector: {matchLabels: {app: db}}
  policyTypes: [Ingress, Egress]
  ingress:
  - from: [{podSelector: {matchLabels: {app: web}}}, {namespaceSelector: {matchLabels: {team: shop}}}]
    ports: [{port: 5432, protocol: TCP}]
  egress:
  - to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}]
---
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, namespace: shop}
data: {mode: fast, app.conf: "one=1\\ntwo=2\\n"}
---
apiVersion: v1
kind: Secret
metadata: {name: login, namespace: shop}
stringData: {user: admin, password: s3cret}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: clerk, namespace: shop}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: shop}
rules:
- {apiGroups: [""], resources: [pods, pods/log], verbs: [get, list, watch]}
- {apiGroups: [apps], resources: [deployments], resourceNames: [web], verbs: [get]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: reader, namespace: shop}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects: [{kind: ServiceAccount, name: clerk, namespace: shop}, {kind: User, name: jane, apiGroup: rbac.authorization.k8s.io}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: health}
rules: [{nonResourceURLs: [/healthz], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: {name: health}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: health}
subjects: [{kind: Group, name: ops, apiGroup: rbac.authorization.k8s.io}]
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec:
  minReplicas: 3
  maxReplicas: 6
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}
  metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}]
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: shop}
spec: {minAvailable: 2, selector: {matchLabels: {app: web}}}
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: limits, namespace: shop}
spec: {hard: {pods: "40", configmaps: "20"}}
---
apiVersion: v1
kind: LimitRange
metadata: {name: sizes, namespace: shop}
spec:
  limits: [{type: Container, default: {cpu: 200m}, defaultRequest: {cpu: 10m}, max: {cpu: "2"}}]
---
apiVersion: v1
kind: PersistentVolume
metadata: {name: disk}
spec:
  capacity: {storage: 1Gi}
  accessModes: [ReadWriteOnce]
  hostPath: {path: /data}
  storageClassName: manual
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: disk, namespace: shop}
spec:
  accessModes: [ReadWriteOnce]
  storageClassName: manual
  resources: {requests: {storage: 500Mi}}
---
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: manual}
provisioner: kubernetes.io/no-provisioner
volumeBindingMode: Immediate
---
apiVersion: scheduling.k8s.io/v1
kind: PriorityClass
metadata: {name: high}
value: 1000
description: important
---
apiVersion: networking.k8s.io/v1
kind: IngressClass
metadata: {name: nginx}
spec: {controller: k8s.io/ingress-nginx}
---
apiVersion: v1
kind: Pod
metadata: {name: talker, labels: {app: talker}}
spec:
  initContainers: [{name: first, image: "busybox:1.36", command: [sh, -c, "echo init"]}]
  containers:
  - {name: main, image: "busybox:1.36", command: [sh, -c, "echo one; echo two; echo three; sleep 100000"]}
  - {name: side, image: "busybox:1.36", command: [sh, -c, "echo beside; sleep 100000"]}
---
apiVersion: v1
kind: Pod
metadata: {name: crasher, labels: {app: crasher}}
spec:
  containers: [{name: main, image: "busybox:1.36", command: [sh, -c, "echo oh no; exit 3"]}]
---
apiVersion: v1
kind: Pod
metadata: {name: homeless}
spec:
  nodeSelector: {disk: ssd}
  containers: [{name: main, image: "nginx:1.27"}]
---
apiVersion: v1
kind: Pod
metadata: {name: finished}
spec:
  restartPolicy: Never
  containers: [{name: main, image: "busybox:1.36", command: [sh, -c, "exit 0"]}]
---
apiVersion: v1
kind: Pod
metadata: {name: steady, labels: {app: steady}}
spec:
  containers: [{name: main, image: "nginx:1.27"}]
---
apiVersion: v1
kind: Namespace
metadata: {name: odd}
---
apiVersion: v1
kind: Service
metadata: {name: two, namespace: odd}
spec:
  ports: [{name: web, port: 80, targetPort: 8080, appProtocol: http}, {name: dns, port: 53, protocol: UDP}]
  sessionAffinity: ClientIP
---
apiVersion: v1
kind: Endpoints
metadata: {name: two, namespace: odd}
subsets: [{addresses: [{ip: 192.0.2.1}], notReadyAddresses: [{ip: 192.0.2.2}], ports: [{name: web, port: 8080}, {name: dns, port: 53, protocol: UDP}]}]
---
apiVersion: v1
kind: Service
metadata: {name: none, namespace: odd}
spec: {ports: [{port: 80}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: many, namespace: odd}
spec:
  defaultBackend: {service: {name: none, port: {number: 80}}}
  rules:
  - host: a.example.com
    http: {paths: [{path: /a, pathType: Prefix, backend: {service: {name: two, port: {name: web}}}}]}
  - http: {paths: [{pathType: ImplementationSpecific, backend: {resource: {kind: ConfigMap, name: static}}}]}
  - host: z.example.com
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: ports, namespace: odd}
spec:
  podSelector: {matchExpressions: [{key: app, operator: In, values: [b, a]}]}
  policyTypes: [Ingress]
  ingress: [{ports: [{port: 32000, endPort: 32768, protocol: UDP}, {protocol: SCTP}]}, {}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: names, namespace: odd}
rules: [{apiGroups: ["", apps], resources: [secrets, deployments/scale], resourceNames: [a, b], verbs: [get, list]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: paths}
rules: [{nonResourceURLs: [/healthz, "/logs/*"], verbs: [get, post]}]
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: all, namespace: odd}
spec:
  maxReplicas: 4
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: still}
  behavior: {scaleDown: {stabilizationWindowSeconds: 100, selectPolicy: Min, policies: [{type: Pods, value: 4, periodSeconds: 60}]}}
  metrics:
  - {type: Resource, resource: {name: memory, target: {type: AverageValue, averageValue: 500Mi}}}
  - {type: Pods, pods: {metric: {name: pps}, target: {type: AverageValue, averageValue: 1k}}}
  - {type: Object, object: {metric: {name: rps}, describedObject: {apiVersion: networking.k8s.io/v1, kind: Ingress, name: many}, target: {type: Value, value: 10k}}}
  - {type: External, external: {metric: {name: q}, target: {type: AverageValue, averageValue: "30"}}}
  - {type: ContainerResource, containerResource: {name: cpu, container: main, target: {type: Utilization, averageUtilization: 60}}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: still, namespace: odd}
spec:
  replicas: 0
  serviceName: still
  selector: {matchLabels: {app: still}, matchExpressions: [{key: tier, operator: In, values: [front, back]}]}
  template:
    metadata: {labels: {app: still, tier: front}}
    spec:
      topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: ScheduleAnyway, labelSelector: {matchLabels: {app: still}}}]
      containers: [{name: main, image: "nginx:1.27"}]
  volumeClaimTemplates:
  - {metadata: {name: data, annotations: {volume.beta.kubernetes.io/storage-class: old}}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}
---
apiVersion: v1
kind: Pod
metadata: {name: values, namespace: odd, labels: {app: values}}
spec:
  nodeSelector: {disk: ssd}
  containers:
  - name: main
    image: nginx:1.27
    resources: {requests: {cpu: 10m}, limits: {memory: 512Mi}}
    env:
    - {name: LABEL, valueFrom: {fieldRef: {fieldPath: "metadata.labels['app']"}}}
    - {name: SPACE, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}
    - {name: MEGA, valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: 1Mi}}}
    - {name: MILLI, valueFrom: {resourceFieldRef: {resource: requests.cpu, divisor: 1m}}}
    - {name: DISK, valueFrom: {resourceFieldRef: {resource: limits.ephemeral-storage}}}
  volumes:
  - {name: own, ephemeral: {volumeClaimTemplate: {metadata: {labels: {a: b, c: d}}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}}}
  - {name: block, iscsi: {targetPortal: 192.0.2.9, iqn: "iqn.2001-04.com.example:s", lun: 0}}
`

/** The manifests that the rows name. */
export const FILES: Record<string, string> = {
  'cm.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: basket\n  labels:\n    kind: fruit\ndata:\n  apples: "3"\n',
  'cm2.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: basket\n  labels:\n    kind: fruit\ndata:\n  apples: "4"\n  pears: "1"\n',
  'deploy.yaml': `apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
spec:
  replicas: 2
  selector:
    matchLabels:
      app: api
  template:
    metadata:
      labels:
        app: api
    spec:
      containers:
      - name: main
        image: nginx:1.27
        ports:
        - containerPort: 80
`,
  'deploy-selector.yaml': `apiVersion: apps/v1
kind: Deployment
metadata:
  name: api
spec:
  selector:
    matchLabels:
      app: other
  template:
    metadata:
      labels:
        app: other
    spec:
      containers:
      - name: main
        image: nginx:1.27
`,
  'two.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: left}\ndata: {side: l}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: right}\ndata: {side: r}\n',
  'ranked.yaml': [
    ['a10', '10'],
    ['a9', '9'],
    ['a1', '1Gi'],
    ['b', '500m'],
    ['a09', 'x9'],
    ['c', 'x10'],
  ]
    .map(([name, rank]) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, labels: {rank: "${rank}"}}\n`)
    .join('---\n'),
  'list.yaml':
    'apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  metadata: {name: listed}\n- apiVersion: v1\n  kind: ServiceAccount\n  metadata: {name: listed}\n',
  'pod.json':
    '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"jason"},"spec":{"containers":[{"name":"main","image":"nginx:1.27"}]}}\n',
  'generate.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {generateName: many-}\n',
  'unknown-field.yaml':
    'apiVersion: v1\nkind: Pod\nmetadata: {name: odd}\nspec:\n  container: []\n  containers: [{name: main, image: nginx, prots: []}]\n',
  'wrong-type.yaml': 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: odd}\nspec: {replicas: three}\n',
  'invalid-pod.yaml':
    'apiVersion: v1\nkind: Pod\nmetadata: {name: Odd_Name}\nspec: {containers: [{name: main}], restartPolicy: Sometimes}\n',
  'no-kind.yaml': 'apiVersion: v1\nmetadata: {name: odd}\n',
  'no-version.yaml': 'kind: Pod\nmetadata: {name: odd}\n',
  'unknown-kind.yaml': 'apiVersion: v1\nkind: Pot\nmetadata: {name: odd}\n',
  'unknown-group.yaml': 'apiVersion: example.com/v1\nkind: Pod\nmetadata: {name: odd}\n',
  'bad-syntax.yaml': 'apiVersion: v1\nkind: Pod\nmetadata:\n  name: odd\n spec: x\n',
  'tabs.yaml': 'apiVersion: v1\nkind: Pod\nmetadata:\n\tname: odd\n',
  'empty.yaml': '',
  'bad.json': '{"apiVersion": "v1", "kind": }\n',
  'patch.yaml': 'spec:\n  replicas: 4\n',
  'settings.env': 'ONE=1\n# a comment\nTWO=2\n',
  'note.txt': 'a note\nof two lines\n',
  'dir/a.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: dir-a}\n',
  'dir/b.yml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: dir-b}\n',
  'dir/c.txt': 'not a manifest\n',
  'k/base/kustomization.yaml':
    'resources: [deploy.yaml, svc.yaml]\nconfigMapGenerator:\n- name: settings\n  literals: [color=blue, "greeting=hello world"]\n  files: [motd.txt]\n',
  'k/base/motd.txt': 'first line\nsecond line\n',
  'k/base/deploy.yaml':
    'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: kweb, labels: {app: kweb}}\nspec:\n  selector: {matchLabels: {app: kweb}}\n  template:\n    metadata: {labels: {app: kweb}}\n    spec:\n      containers:\n      - name: web\n        image: nginx:1.27\n        envFrom: [{configMapRef: {name: settings}}]\n        ports: [{containerPort: 80}]\n',
  'k/base/svc.yaml':
    'apiVersion: v1\nkind: Service\nmetadata: {name: kweb}\nspec: {selector: {app: kweb}, ports: [{port: 80}]}\n',
  'k/over/kustomization.yaml':
    'resources: [../base]\nnamePrefix: lab-\nlabels:\n- {pairs: {env: lab}, includeSelectors: true}\nreplicas: [{name: kweb, count: 2}]\nimages: [{name: nginx, newTag: "1.28"}]\npatches:\n- path: patch.yaml\n- target: {kind: Service}\n  patch: |-\n    - {op: add, path: /metadata/annotations, value: {note: patched}}\nsecretGenerator:\n- {name: login, literals: [password=secret]}\n',
  'k/over/patch.yaml':
    'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: kweb}\nspec: {template: {spec: {containers: [{name: web, resources: {requests: {cpu: 10m}}}]}}}\n',
  'k/red/kustomization.yaml':
    'resources: [../over]\nconfigMapGenerator: [{name: settings, behavior: merge, literals: [color=red]}]\n',
  'k/old/kustomization.yaml': 'commonLabels: {a: b}\nresources: [../base]\n',
  'k/bad/kustomization.yaml': 'bogus: 1\n',
  'k/gone/kustomization.yaml': 'resources: [gone.yaml]\n',
  'k/none/readme.txt': 'no kustomization here\n',
  'set.yaml': ['p1', 'p2', 'p3']
    .map((name) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, labels: {set: s}}\n`)
    .join('---\n'),
  'less.yaml': ['p1', 'p2']
    .map((name) => `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: ${name}, labels: {set: s}}\n`)
    .join('---\n'),
  'refs.yaml':
    'apiVersion: v1\nkind: Pod\nmetadata: {name: refs, labels: {app: refs}}\nspec:\n  containers:\n  - name: main\n    image: nginx:1.27\n    resources: {requests: {cpu: 100m, memory: 64Mi}}\n    env:\n    - {name: PLAIN, value: x}\n    - {name: KEY, valueFrom: {configMapKeyRef: {name: kube-root-ca.crt, key: nope, optional: true}}}\n    - {name: NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}\n    - {name: LABEL, valueFrom: {fieldRef: {fieldPath: "metadata.labels[\'app\']"}}}\n    - {name: MEMORY, valueFrom: {resourceFieldRef: {resource: requests.memory}}}\n    - {name: CPU, valueFrom: {resourceFieldRef: {resource: requests.cpu}}}\n',
}
