import { describe, expect, it } from 'vitest'
import { changes, IP, LABEL, LABEL_VALUE, type Loose, NAME_PART, refusals, SUBDOMAIN } from './validation-cases.ts'

const c = { name: 'c', image: 'nginx' }
const pod = (spec: Loose, release?: string): string[] =>
  refusals('', 'Pod', { spec: { containers: [c], ...spec } }, release === undefined ? {} : { release })
const container = (fields: Loose, release?: string): string[] => pod({ containers: [{ ...c, ...fields }] }, release)
const init = (fields: Loose, release?: string): string[] =>
  pod({ initContainers: [{ ...c, name: 'i', ...fields }] }, release)
const volume = (source: Loose): string[] => pod({ volumes: [{ name: 'v', ...source }] })
const security = (securityContext: Loose): string[] => container({ securityContext })
const env = (valueFrom: Loose, more: Loose = {}, release?: string): string[] =>
  container({ env: [{ name: 'A', valueFrom, ...more }] }, release)
const at = 'spec.containers[0]'

describe('Containers', () => {
  it.each<[string, string[], string[]]>([
    [
      'padded image',
      container({ image: ' nginx' }),
      [`${at}.image: Invalid value: " nginx": must not have leading or trailing whitespace`],
    ],
    [
      'message policy',
      container({ terminationMessagePolicy: 'X' }),
      [`${at}.terminationMessagePolicy: Unsupported value: "X": supported values: "File", "FallbackToLogsOnError"`],
    ],
    [
      'env of nothing',
      env({}, {}, '1.34'),
      [
        `${at}.env[0].valueFrom: Invalid value: "": must specify one of: \`fieldRef\`, \`resourceFieldRef\`, \`configMapKeyRef\` or \`secretKeyRef\``,
      ],
    ],
    [
      'env of two',
      env({ configMapKeyRef: { name: 'a', key: 'b' }, secretKeyRef: { name: 'a', key: 'b' } }),
      [`${at}.env[0].valueFrom: Invalid value: "": may not have more than one field specified at a time`],
    ],
    [
      'env with a value',
      env({ configMapKeyRef: { name: 'a', key: 'b' } }, { value: 'x' }),
      [`${at}.env[0].valueFrom: Invalid value: "": may not be specified when \`value\` is not empty`],
    ],
    [
      'field of a pod',
      env({ fieldRef: { fieldPath: 'spec.unknown' } }),
      [
        `${at}.env[0].valueFrom.fieldRef.fieldPath: Invalid value: "spec.unknown": error converting fieldPath: field label not supported: spec.unknown`,
      ],
    ],
    [
      'field elsewhere',
      env({ fieldRef: { fieldPath: 'metadata.labels' } }),
      [
        `${at}.env[0].valueFrom.fieldRef.fieldPath: Unsupported value: "metadata.labels": supported values: "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName", "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs"`,
      ],
    ],
    ['one label', env({ fieldRef: { fieldPath: "metadata.labels['a']" } }), []],
    [
      'resource',
      env({ resourceFieldRef: { resource: 'limits.gpu' } }),
      [
        `${at}.env[0].valueFrom.resourceFieldRef.resource: Unsupported value: "limits.gpu": supported values: "limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu", "requests.ephemeral-storage", "requests.memory"`,
      ],
    ],
    [
      'divisor',
      env({ resourceFieldRef: { resource: 'limits.cpu', divisor: '2' } }),
      [
        `${at}.env[0].valueFrom.resourceFieldRef.divisor: Invalid value: "limits.cpu": only divisor's values 1m and 1 are supported with the cpu resource`,
      ],
    ],
    ['key', env({ secretKeyRef: { name: 'a', key: '' } }), [`${at}.env[0].valueFrom.secretKeyRef.key: Required value`]],
    [
      'nothing from',
      container({ envFrom: [{}] }),
      [`${at}.envFrom: Invalid value: "": must specify one of: \`configMapRef\` or \`secretRef\``],
    ],
    [
      'no name from',
      container({ envFrom: [{ configMapRef: {} }] }),
      [`${at}.envFrom[0].configMapRef.name: Required value`],
    ],
    [
      'header',
      container({ livenessProbe: { httpGet: { path: '/', port: 80, httpHeaders: [{ name: 'a b', value: 'x' }] } } }),
      [
        `${at}.livenessProbe.httpGet.httpHeaders: Invalid value: "a b": a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')`,
      ],
    ],
    [
      'scheme',
      container({ livenessProbe: { httpGet: { path: '/', port: 80, scheme: 'ftp' } } }),
      [`${at}.livenessProbe.httpGet.scheme: Unsupported value: "ftp": supported values: "HTTP", "HTTPS"`],
    ],
    [
      'grpc',
      container({ livenessProbe: { grpc: { port: 0 } } }),
      [`${at}.livenessProbe.grpc.port: Invalid value: 0: must be between 1 and 65535, inclusive`],
    ],
    [
      'grace of readiness',
      container({ readinessProbe: { exec: { command: ['a'] }, terminationGracePeriodSeconds: 5 } }),
      [`${at}.readinessProbe.terminationGracePeriodSeconds: Invalid value: 5: must not be set for readinessProbes`],
    ],
    [
      'long sleep',
      container({ lifecycle: { preStop: { sleep: { seconds: 60 } } } }),
      [
        `${at}.lifecycle.preStop.sleep: Invalid value: 60: must be non-negative and less than terminationGracePeriodSeconds (30)`,
      ],
    ],
    [
      'no sleep before 1.33',
      container({ lifecycle: { preStop: { sleep: { seconds: 0 } } } }, '1.32'),
      [
        `${at}.lifecycle.preStop.sleep: Invalid value: 0: must be greater than 0 and less than terminationGracePeriodSeconds (30)`,
      ],
    ],
    [
      'sub path',
      container({ volumeMounts: [{ name: 'v', mountPath: '/a', subPath: '../b' }] }),
      [
        `${at}.volumeMounts[0].name: Not found: "v"`,
        `${at}.volumeMounts.subPath: Invalid value: "../b": must not contain '..'`,
      ],
    ],
    [
      'propagation',
      pod({
        volumes: [{ name: 'v', emptyDir: {} }],
        containers: [{ ...c, volumeMounts: [{ name: 'v', mountPath: '/a', mountPropagation: 'Bidirectional' }] }],
      }),
      [
        `${at}.volumeMounts.mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers`,
      ],
    ],
    [
      'device of a directory',
      pod({
        volumes: [{ name: 'v', emptyDir: {} }],
        containers: [{ ...c, volumeDevices: [{ name: 'v', devicePath: '/dev/x' }] }],
      }),
      [
        `${at}.volumeDevices[0].name: Invalid value: "v": can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode`,
      ],
    ],
    [
      'restart policy before 1.35',
      container({ restartPolicy: 'Always' }, '1.33'),
      [`${at}.restartPolicy: Forbidden: may not be set for non-init containers`],
    ],
    [
      'rules without a policy',
      container({ restartPolicyRules: [{ action: 'Restart', exitCodes: { operator: 'In', values: [1] } }] }),
      [`${at}.restartPolicy: Required value: must specify restartPolicy when restart rules are used`],
    ],
    [
      'rule operator',
      container({ restartPolicy: 'Never', restartPolicyRules: [{ action: 'Restart', exitCodes: { values: [1] } }] }),
      [`${at}.restartPolicyRules[0].exitCodes.operator: Unsupported value: "": supported values: "In", "NotIn"`],
    ],
    [
      'resize policy',
      container({ resizePolicy: [{ resourceName: 'gpu', restartPolicy: 'NotRequired' }] }),
      [`${at}.resizePolicy: Unsupported value: gpu: supported values: "cpu", "memory"`],
    ],
    [
      'init probe',
      init({ livenessProbe: { exec: { command: ['a'] } } }),
      [
        'spec.initContainers[0].livenessProbe: Forbidden: may not be set for init containers without restartPolicy=Always',
      ],
    ],
    [
      'init restart policy before 1.35',
      init({ restartPolicy: 'Never' }, '1.33'),
      ['spec.initContainers[0].restartPolicy: Unsupported value: "Never": supported values: "Always"'],
    ],
    ['init name', init({ name: 'c' }), ['spec.initContainers[0].name: Duplicate value: "c"']],
    [
      'extended resource without a limit',
      container({ resources: { requests: { 'a.io/gpu': '1' } } }),
      [`${at}.resources.limits: Required value: Limit must be set for non overcommitable resources`],
    ],
    [
      'half an extended resource',
      container({ resources: { limits: { 'a.io/gpu': '500m' }, requests: { 'a.io/gpu': '500m' } } }),
      [
        `${at}.resources.limits[a.io/gpu]: Invalid value: "500m": must be an integer`,
        `${at}.resources.requests[a.io/gpu]: Invalid value: "500m": must be an integer`,
      ],
    ],
    [
      'pages alone',
      container({ resources: { limits: { 'hugepages-2Mi': '2Mi' }, requests: { 'hugepages-2Mi': '2Mi' } } }),
      [`${at}.resources: Forbidden: HugePages require cpu or memory`],
    ],
    [
      'claim of nobody',
      container({ resources: { claims: [{ name: 'a' }] } }),
      [`${at}.resources.claims[0]: Not found: "a": must be one of the names in pod.spec.resourceClaims which is empty`],
    ],
  ])('%s', (_, errors, expected) => {
    expect(errors).toEqual(expected)
  })
})

describe('Security contexts', () => {
  it.each<[string, string[], string[]]>([
    [
      'user',
      security({ runAsUser: -1 }),
      [`${at}.securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive`],
    ],
    [
      'proc mount',
      security({ procMount: 'Unmasked' }),
      [`${at}.securityContext.procMount: Invalid value: "Unmasked": \`hostUsers\` must be false to use \`Unmasked\``],
    ],
    [
      'seccomp type',
      security({ seccompProfile: { type: 'X' } }),
      [
        `${at}.securityContext.seccompProfile.type: Unsupported value: "X": supported values: "Localhost", "RuntimeDefault", "Unconfined"`,
      ],
    ],
    [
      'seccomp without a profile',
      security({ seccompProfile: { type: 'Localhost' } }),
      [
        `${at}.securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost`,
      ],
    ],
    [
      'seccomp path',
      security({ seccompProfile: { type: 'Localhost', localhostProfile: '/a' } }),
      [`${at}.securityContext.seccompProfile.localhostProfile: Invalid value: "/a": must be a relative path`],
    ],
    [
      'AppArmor without a type',
      security({ appArmorProfile: {} }),
      [`${at}.securityContext.appArmorProfile.type: Required value: type is required when appArmorProfile is set`],
    ],
    [
      'AppArmor profile',
      security({ appArmorProfile: { type: 'Unconfined', localhostProfile: 'a' } }),
      [
        `${at}.securityContext.appArmorProfile.localhostProfile: Invalid value: "a": can only be set when AppArmor type is Localhost`,
      ],
    ],
    [
      'Windows user',
      security({ windowsOptions: { runAsUserName: '' } }),
      [
        `${at}.securityContext.windowsOptions.runAsUserName: Invalid value: "": runAsUserName cannot be an empty string`,
      ],
    ],
    [
      'group',
      pod({ securityContext: { fsGroup: -1, supplementalGroups: [-2] } }),
      [
        'spec.securityContext.fsGroup: Invalid value: -1: must be between 0 and 2147483647, inclusive',
        'spec.securityContext.supplementalGroups[0]: Invalid value: -2: must be between 0 and 2147483647, inclusive',
      ],
    ],
    [
      'group policy',
      pod({ securityContext: { supplementalGroupsPolicy: 'X' } }),
      ['spec.securityContext.supplementalGroupsPolicy: Unsupported value: "X": supported values: "Merge", "Strict"'],
    ],
    [
      'change policy',
      pod({ securityContext: { fsGroupChangePolicy: 'X' } }),
      [
        'spec.securityContext.fsGroupChangePolicy: Unsupported value: "X": supported values: "Always", "OnRootMismatch"',
      ],
    ],
    [
      'sysctl',
      pod({ securityContext: { sysctls: [{ name: 'A', value: '1' }] } }),
      [
        'spec.securityContext.sysctls[0].name: Invalid value: "A": must have at most 253 characters and match regex ^([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?$',
      ],
    ],
    [
      'sysctl of the host',
      pod({ hostNetwork: true, securityContext: { sysctls: [{ name: 'net.core.somaxconn', value: '1' }] } }),
      [
        'spec.securityContext.sysctls[0].name: Invalid value: "net.core.somaxconn": may not be specified when \'hostNetwork\' is true',
      ],
    ],
    [
      'users of its own',
      pod({ hostUsers: false, hostNetwork: true }),
      ['spec.hostNetwork: Forbidden: when `pod.Spec.HostUsers` is false'],
    ],
    [
      'os',
      pod({ os: { name: 'plan9' } }),
      ['spec.os: Unsupported value: "plan9": supported values: "linux", "windows"'],
    ],
    [
      'windows',
      pod({ os: { name: 'windows' }, securityContext: { runAsUser: 1 } }),
      ['spec.securityContext.runAsUser: Forbidden: cannot be set for a windows pod'],
    ],
    [
      'linux',
      pod({ os: { name: 'linux' }, securityContext: { windowsOptions: { runAsUserName: 'a' } } }),
      ['spec.securityContext.windowsOptions: Forbidden: windows options cannot be set for a linux pod'],
    ],
    [
      'host process',
      pod({ securityContext: { windowsOptions: { hostProcess: true } } }),
      ['spec.hostNetwork: Invalid value: false: hostNetwork must be true if pod contains any hostProcess containers'],
    ],
  ])('%s', (_, errors, expected) => {
    expect(errors).toEqual(expected)
  })
})

describe('Volumes', () => {
  const v = 'spec.volumes[0]'
  it.each<[string, string[], string[]]>([
    ['none', pod({ volumes: [{ emptyDir: {} }] }), [`${v}.name: Required value`]],
    [
      'size limit',
      volume({ emptyDir: { sizeLimit: '-1' } }),
      [`${v}.emptyDir.sizeLimit: Forbidden: SizeLimit field must be a valid resource quantity`],
    ],
    [
      'host path',
      volume({ hostPath: { path: '/a/../b', type: 'X' } }),
      [
        `${v}.hostPath.path: Invalid value: "/a/../b": must not contain '..'`,
        `${v}.hostPath.type: Unsupported value: "X": supported values: "", "BlockDevice", "CharDevice", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket"`,
      ],
    ],
    [
      'secret',
      volume({ secret: { secretName: '', defaultMode: 1000 } }),
      [
        `${v}.secret.secretName: Required value`,
        `${v}.secret.defaultMode: Invalid value: 1000: must be a number between 0 and 0777 (octal), both inclusive`,
      ],
    ],
    [
      'items',
      volume({ configMap: { name: 'a', items: [{ key: '', path: '..b', mode: -1 }] } }),
      [
        `${v}.configMap.items[0].key: Required value`,
        `${v}.configMap.items[0].path: Invalid value: "..b": must not start with '..'`,
        `${v}.configMap.items[0].mode: Invalid value: -1: must be a number between 0 and 0777 (octal), both inclusive`,
      ],
    ],
    [
      'nfs',
      volume({ nfs: { server: 'a', path: 'b' } }),
      [`${v}.nfs.path: Invalid value: "b": must be an absolute path`],
    ],
    ['claim', volume({ persistentVolumeClaim: {} }), [`${v}.persistentVolumeClaim.claimName: Required value`]],
    [
      'downward',
      volume({ downwardAPI: { items: [{ path: 'a' }] } }),
      [`${v}.downwardAPI: Required value: one of fieldRef and resourceFieldRef is required`],
    ],
    [
      'downward field',
      volume({ downwardAPI: { items: [{ path: 'a', fieldRef: { fieldPath: 'status.podIP' } }] } }),
      [
        `${v}.downwardAPI.fieldRef.fieldPath: Unsupported value: "status.podIP": supported values: "metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"`,
      ],
    ],
    [
      'downward resource',
      volume({ downwardAPI: { items: [{ path: 'a', resourceFieldRef: { resource: 'limits.cpu' } }] } }),
      [`${v}.downwardAPI.resourceFieldRef.containerName: Required value`],
    ],
    [
      'same path twice',
      volume({
        projected: {
          sources: [
            { configMap: { name: 'a', items: [{ key: 'k', path: 'p' }] } },
            { secret: { name: 'b', items: [{ key: 'k', path: 'p' }] } },
          ],
        },
      }),
      [`${v}.projected: Invalid value: "b": conflicting duplicate paths`],
    ],
    ['csi', volume({ csi: { driver: '' } }), [`${v}.csi.driver: Required value`]],
    [
      'iscsi',
      volume({ iscsi: { targetPortal: 'a', iqn: 'b', lun: 256 } }),
      [
        `${v}.iscsi.iqn: Invalid value: "b": must be valid format starting with iqn, eui, or naa`,
        `${v}.iscsi.lun: Invalid value: 256: must be between 0 and 255, inclusive`,
      ],
    ],
    [
      'fc',
      volume({ fc: {} }),
      [`${v}.fc.targetWWNs: Required value: must specify either targetWWNs or wwids, but not both`],
    ],
    [
      'image',
      volume({ image: { pullPolicy: 'X' } }),
      [
        `${v}.image.reference: Required value`,
        `${v}.image.pullPolicy: Unsupported value: "X": supported values: "Always", "IfNotPresent", "Never"`,
      ],
    ],
    ['ephemeral', volume({ ephemeral: {} }), [`${v}.ephemeral.volumeClaimTemplate: Required value`]],
  ])('%s', (_, errors, expected) => {
    expect(errors).toEqual(expected)
  })
})

describe('Where and how pods run', () => {
  const spread = { maxSkew: 1, topologyKey: 'zone', whenUnsatisfiable: 'DoNotSchedule', labelSelector: {} }
  const s = 'spec.topologySpreadConstraints[0]'
  const term = 'requiredDuringSchedulingIgnoredDuringExecution'
  const nodeTerm = (fields: Loose): string[] =>
    pod({ affinity: { nodeAffinity: { [term]: { nodeSelectorTerms: [fields] } } } })
  const n = `spec.affinity.nodeAffinity.${term}.nodeSelectorTerms[0]`
  it.each<[string, string[], string[]]>([
    [
      'skew',
      pod({ topologySpreadConstraints: [{ ...spread, maxSkew: 0 }] }),
      [`${s}.maxSkew: Invalid value: 0: must be greater than zero`],
    ],
    [
      'no key',
      pod({ topologySpreadConstraints: [{ ...spread, topologyKey: '' }] }),
      [`${s}.topologyKey: Required value: can not be empty`],
    ],
    [
      'action',
      pod({ topologySpreadConstraints: [{ ...spread, whenUnsatisfiable: 'X' }] }),
      [`${s}.whenUnsatisfiable: Unsupported value: "X": supported values: "DoNotSchedule", "ScheduleAnyway"`],
    ],
    [
      'twice',
      pod({ topologySpreadConstraints: [spread, spread] }),
      [`${s}.{topologyKey, whenUnsatisfiable}: Duplicate value: "{zone, DoNotSchedule}"`],
    ],
    [
      'domains',
      pod({ topologySpreadConstraints: [{ ...spread, whenUnsatisfiable: 'ScheduleAnyway', minDomains: 2 }] }),
      [
        `${s}.minDomains: Invalid value: 2: can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ScheduleAnyway`,
      ],
    ],
    [
      'node policy',
      pod({ topologySpreadConstraints: [{ ...spread, nodeTaintsPolicy: 'X' }] }),
      [`${s}.nodeTaintsPolicy: Unsupported value: "X": supported values: "Honor", "Ignore"`],
    ],
    [
      'no terms',
      pod({ affinity: { nodeAffinity: { [term]: { nodeSelectorTerms: [] } } } }),
      [
        `spec.affinity.nodeAffinity.${term}.nodeSelectorTerms: Required value: must have at least one node selector term`,
      ],
    ],
    [
      'In nothing',
      nodeTerm({ matchExpressions: [{ key: 'a', operator: 'In' }] }),
      [`${n}.matchExpressions[0].values: Required value: must be specified when \`operator\` is 'In' or 'NotIn'`],
    ],
    [
      'Exists something',
      nodeTerm({ matchExpressions: [{ key: 'a', operator: 'Exists', values: ['b'] }] }),
      [
        `${n}.matchExpressions[0].values: Forbidden: may not be specified when \`operator\` is 'Exists' or 'DoesNotExist'`,
      ],
    ],
    [
      'Gt two',
      nodeTerm({ matchExpressions: [{ key: 'a', operator: 'Gt', values: ['1', '2'] }] }),
      [
        `${n}.matchExpressions[0].values: Required value: must be specified single value when \`operator\` is 'Lt' or 'Gt'`,
      ],
    ],
    [
      'operator',
      nodeTerm({ matchExpressions: [{ key: 'a', operator: 'Is' }] }),
      [`${n}.matchExpressions[0].operator: Invalid value: "Is": not a valid selector operator`],
    ],
    [
      'value',
      nodeTerm({ matchExpressions: [{ key: 'a', operator: 'In', values: ['a b'] }] }),
      [`${n}.matchExpressions[0].values[0]: Invalid value: "a b": ${LABEL_VALUE}`],
    ],
    [
      'field',
      nodeTerm({ matchFields: [{ key: 'spec.x', operator: 'In', values: ['a'] }] }),
      [`${n}.matchFields[0].key: Invalid value: "spec.x": not a valid field selector key`],
    ],
    [
      'pod term',
      pod({ affinity: { podAffinity: { [term]: [{ labelSelector: {} }] } } }),
      [
        `spec.affinity.podAffinity.${term}[0].topologyKey: Required value: can not be empty`,
        `spec.affinity.podAffinity.${term}[0].topologyKey: Invalid value: "": name part must be non-empty`,
        `spec.affinity.podAffinity.${term}[0].topologyKey: Invalid value: "": ${NAME_PART}`,
      ],
    ],
    [
      'gates',
      pod({ schedulingGates: [{ name: 'a' }, { name: 'a' }] }),
      ['spec.schedulingGates[1]: Duplicate value: "a"'],
    ],
    [
      'gates and a node',
      pod({ nodeName: 'n', schedulingGates: [{ name: 'a' }] }),
      ['spec.nodeName: Forbidden: cannot be set until all schedulingGates have been cleared'],
    ],
    [
      'readiness gate',
      pod({ readinessGates: [{ conditionType: 'a b' }] }),
      [`spec.readinessGates[0].conditionType: Invalid value: "a b": ${NAME_PART}`],
    ],
    [
      'host name',
      pod({ hostname: 'a.b', subdomain: 'C' }),
      [`spec.hostname: Invalid value: "a.b": ${LABEL}`, `spec.subdomain: Invalid value: "C": ${LABEL}`],
    ],
    [
      'account',
      pod({ serviceAccountName: 'A', priorityClassName: 'B', runtimeClassName: 'C' }),
      [
        `spec.serviceAccountName: Invalid value: "A": ${SUBDOMAIN}`,
        `spec.priorityClassName: Invalid value: "B": ${SUBDOMAIN}`,
        `spec.runtimeClassName: Invalid value: "C": ${SUBDOMAIN}`,
      ],
    ],
    [
      'deadline',
      pod({ activeDeadlineSeconds: 0 }),
      ['spec.activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive'],
    ],
    [
      'aliases',
      pod({ hostAliases: [{ ip: 'x', hostnames: ['A'] }] }),
      [
        `spec.hostAliases[0].ip: Invalid value: "x": ${IP}`,
        `spec.hostAliases[0].hostnames[0]: Invalid value: "A": ${SUBDOMAIN}`,
      ],
    ],
    [
      'leading zeros from 1.36 on',
      pod({ hostAliases: [{ ip: '010.0.0.5', hostnames: ['x'] }] }, '1.36'),
      ['spec.hostAliases[0].ip: Invalid value: "010.0.0.5": must not have leading 0s'],
    ],
    [
      'no servers',
      pod({ dnsPolicy: 'None', dnsConfig: {} }),
      ['spec.dnsConfig.nameservers: Required value: must provide at least one DNS nameserver when `dnsPolicy` is None'],
    ],
    [
      'four servers',
      pod({ dnsConfig: { nameservers: ['1.1.1.1', '1.1.1.2', '1.1.1.3', '1.1.1.4'] } }),
      [
        'spec.dnsConfig.nameservers: Invalid value: ["1.1.1.1","1.1.1.2","1.1.1.3","1.1.1.4"]: must not have more than 3 nameservers',
      ],
    ],
    [
      'options',
      pod({ dnsConfig: { options: [{ value: 'a' }] } }),
      ['spec.dnsConfig.options[0]: Required value: must not be empty'],
    ],
    [
      'claims',
      pod({ resourceClaims: [{ name: 'a' }] }),
      [
        'spec.resourceClaims[0]: Invalid value: {"name":"a"}: must specify one of: `resourceClaimName`, `resourceClaimTemplateName`',
      ],
    ],
    [
      'preemption',
      pod({ preemptionPolicy: 'X' }),
      ['spec.preemptionPolicy: Unsupported value: "X": supported values: "PreemptLowerPriority", "Never"'],
    ],
    [
      'ephemeral containers',
      pod({ ephemeralContainers: [{ ...c, name: 'e' }] }),
      ['spec.ephemeralContainers: Forbidden: cannot be set on create'],
    ],
    [
      'deletion cost',
      refusals('', 'Pod', {
        metadata: { annotations: { 'controller.kubernetes.io/pod-deletion-cost': '+1' } },
        spec: { containers: [c] },
      }),
      [
        'metadata.annotations[controller.kubernetes.io/pod-deletion-cost]: Invalid value: "+1": must be a 32bit integer',
      ],
    ],
  ])('%s', (_, errors, expected) => {
    expect(errors).toEqual(expected)
  })

  it('takes scheduling gates away only', () => {
    const [a, b] = [[{ name: 'a' }], [{ name: 'b' }]].map((schedulingGates) => ({
      spec: { containers: [c], schedulingGates },
    }))
    expect(changes('', 'Pod', a!, b!)).toEqual([
      "spec.schedulingGates[0].name: Forbidden: only deletion is allowed, but found new scheduling gate 'b'",
    ])
  })
})
