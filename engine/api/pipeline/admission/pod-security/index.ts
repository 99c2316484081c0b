/** What pods may do, by the labels of their namespace. Models plugin/pkg/admission/security/podsecurity and pod-security-admission/admission (T6). Not modelled: audit annotations, as there is no audit log. */
import { groupResource } from '../../../../objects/kinds.ts'
import type { Namespace, Pod, PodTemplateSpec } from '../../../../objects/types.gen.ts'
import type { KubeObject } from '../../../client.ts'
import type { Core } from '../../../core.ts'
import type { Flight } from '../../../flight.ts'
import { invalid, notFound } from '../../../status.ts'
import { directoryOf } from '../../../storage/keys.ts'
import { findNamespace } from '../namespace-lifecycle.ts'
import { deny, pass, warn } from '../plugin.ts'
import type { Admission, Attributes, Plugin } from '../plugin.ts'
import { podLikeOf } from './checks.ts'
import type { PodLike } from './checks.ts'
import { MODES, compareLevels, detailsOf, policyOf, reasonsOf, textOf, violationsOf } from './policy.ts'
import type { Level, LevelVersion, Policy } from './policy.ts'

const MAX_PODS = 3000

interface Configuration {
  defaults?: Record<string, string>
  exemptions?: { usernames?: string[]; namespaces?: string[]; runtimeClasses?: string[] }
}

const PRIVILEGED: LevelVersion = { level: 'privileged', version: 'latest' }

const configOf = (core: Core): Configuration => (core.flags.admissionConfig.PodSecurity as Configuration) ?? {}

function defaultsOf({ defaults = {} }: Configuration): Policy {
  const of = (mode: string): LevelVersion => ({
    level: (defaults[mode] as Level | undefined) ?? PRIVILEGED.level,
    version: defaults[`${mode}-version`] ?? PRIVILEGED.version,
  })
  return { enforce: of('enforce'), audit: of('audit'), warn: of('warn') }
}

/** Where each kind keeps the template of its pods. */
const TEMPLATES: Record<string, (object: never) => PodTemplateSpec | undefined> = {
  replicationcontrollers: (object: { spec?: { template?: PodTemplateSpec } }) => object.spec?.template,
  podtemplates: (object: { template?: PodTemplateSpec }) => object.template,
  'replicasets.apps': (object: { spec?: { template?: PodTemplateSpec } }) => object.spec?.template,
  'deployments.apps': (object: { spec?: { template?: PodTemplateSpec } }) => object.spec?.template,
  'statefulsets.apps': (object: { spec?: { template?: PodTemplateSpec } }) => object.spec?.template,
  'daemonsets.apps': (object: { spec?: { template?: PodTemplateSpec } }) => object.spec?.template,
  'jobs.batch': (object: { spec?: { template?: PodTemplateSpec } }) => object.spec?.template,
  'cronjobs.batch': (object: { spec?: { jobTemplate?: { spec?: { template?: PodTemplateSpec } } } }) =>
    object.spec?.jobTemplate?.spec?.template,
}

export const podSecurity: Plugin = {
  name: 'PodSecurity',
  operations: ['CREATE', 'UPDATE'],
  resources: ['namespaces', 'pods', 'pods/ephemeralcontainers', 'pods/resize', ...Object.keys(TEMPLATES)],
  validate(core, flight, attrs) {
    if (attrs.entry.resource === 'namespaces') return validateNamespace(core, flight, attrs)
    const namespace = findNamespace(core, attrs.namespace)
    if (namespace === undefined) return { refuse: notFound({ group: '', resource: 'namespaces' }, attrs.namespace) }
    const isPod = attrs.entry.resource === 'pods'
    const config = configOf(core)
    const { policy } = policyOf(namespace.metadata.labels, defaultsOf(config))
    if (MODES.every((mode) => (mode === 'enforce' && !isPod) || policy[mode].level === 'privileged')) return pass(attrs)
    if (isExempt(config, attrs.namespace, flight.user.name)) return pass(attrs)
    const pod = isPod ? changedPod(attrs) : templateOf(attrs)
    if (pod?.spec === undefined || isExemptRuntime(config, pod)) return pass(attrs)
    return evaluate(core, flight, attrs, policy, pod)
  },
}

const isExempt = ({ exemptions = {} }: Configuration, namespace: string, user: string): boolean =>
  (exemptions.namespaces ?? []).includes(namespace) || (exemptions.usernames ?? []).includes(user)

const isExemptRuntime = ({ exemptions = {} }: Configuration, { spec }: PodLike): boolean =>
  spec.runtimeClassName !== undefined && (exemptions.runtimeClasses ?? []).includes(spec.runtimeClassName)

function templateOf({ entry, object }: Attributes): PodLike | undefined {
  const template = TEMPLATES[groupResource(entry)]?.(object as never)
  return template?.spec === undefined
    ? undefined
    : { metadata: template.metadata as PodLike['metadata'], spec: template.spec }
}

/** The pod, if the request changes anything that the checks look at. */
function changedPod({ operation, object, oldObject }: Attributes): PodLike | undefined {
  const pod = object as Pod
  if (operation === 'UPDATE' && !isSignificant(pod, oldObject as Pod)) return undefined
  return podLikeOf(pod)
}

function isSignificant({ spec }: Pod, { spec: old }: Pod): boolean {
  const images = (containers: { name: string; image?: string }[] | undefined): string =>
    JSON.stringify((containers ?? []).map(({ name, image }) => [name, image]))
  return (
    images(spec?.containers) !== images(old?.containers) ||
    images(spec?.initContainers) !== images(old?.initContainers) ||
    images(spec?.ephemeralContainers) !== images(old?.ephemeralContainers)
  )
}

function evaluate(core: Core, flight: Flight, attrs: Attributes, policy: Policy, pod: PodLike): Admission {
  const found = (wanted: LevelVersion): string => detailsOf(violationsOf(wanted, pod, core.minor))
  if (attrs.entry.resource === 'pods') {
    const details = found(policy.enforce)
    if (details !== '') return deny(attrs, `violates PodSecurity ${JSON.stringify(textOf(policy.enforce))}: ${details}`)
  }
  const details = found(policy.warn)
  if (details !== '') warn(flight, `would violate PodSecurity ${JSON.stringify(textOf(policy.warn))}: ${details}`)
  return pass(attrs)
}

function validateNamespace(core: Core, flight: Flight, attrs: Attributes): Admission {
  const config = configOf(core)
  const defaults = defaultsOf(config)
  const namespace = attrs.object as Namespace
  const { name, labels } = namespace.metadata
  const next = policyOf(labels, defaults)
  const refused = (): Admission => ({ refuse: invalid({ group: '', kind: 'Namespace' }, name, next.errors) })
  if (attrs.operation === 'CREATE') {
    if (next.errors.length > 0) return refused()
    noteExempt(flight, config, name, next.policy, defaults)
    return pass(attrs)
  }
  const before = policyOf(attrs.oldObject?.metadata.labels, defaults)
  if (next.errors.length > 0 && JSON.stringify(next.errors) !== JSON.stringify(before.errors)) return refused()
  if (!isStricter(next.policy.enforce, before.policy.enforce)) return pass(attrs)
  if (isExempt(config, name, '')) noteExempt(flight, config, name, next.policy, defaults)
  else for (const text of existingPods(core, config, name, next.policy.enforce)) warn(flight, text)
  return pass(attrs)
}

const isStricter = (next: LevelVersion, before: LevelVersion): boolean =>
  next.level !== 'privileged' && (next.version !== before.version || compareLevels(next.level, before.level) > 0)

function noteExempt(flight: Flight, config: Configuration, name: string, policy: Policy, defaults: Policy): void {
  if (!isExempt(config, name, '')) return
  const asked = MODES.filter((mode) => textOf(policy[mode]) !== textOf(defaults[mode]))
  if (asked.length === 0) return
  const text = asked.map((mode) => `${mode}=${textOf(policy[mode])}`).join(', ')
  warn(
    flight,
    `namespace ${JSON.stringify(name)} is exempt from Pod Security, and the policy (${text}) will be ignored`,
  )
}

/** Pods that are there and would no longer be let in: by their reasons, with the first of each by name. */
function existingPods(core: Core, config: Configuration, namespace: string, enforce: LevelVersion): string[] {
  const directory = directoryOf('', 'pods')
  const pods = core.cache.list(directory, `${directory}${namespace}/`) as Pod[]
  const byReasons = new Map<string, string[]>()
  for (const pod of pods.slice(0, MAX_PODS)) {
    const like = podLikeOf(pod)
    const reasons = isExemptRuntime(config, like) ? '' : reasonsOf(violationsOf(enforce, like, core.minor))
    if (reasons !== '') byReasons.set(reasons, [...(byReasons.get(reasons) ?? []), (pod as KubeObject).metadata.name])
  }
  const lines = [...byReasons].map(([reasons, names]) => `${firstOf(names)}: ${reasons}`).sort()
  const head = `existing pods in namespace ${JSON.stringify(namespace)} violate the new PodSecurity enforce level ${JSON.stringify(textOf(enforce))}`
  const cut = `new PodSecurity enforce level only checked against the first ${MAX_PODS} of ${pods.length} existing pods`
  return [...(pods.length > MAX_PODS ? [cut] : []), ...(lines.length > 0 ? [head, ...lines] : [])]
}

function firstOf(names: string[]): string {
  const [first = ''] = [...names].sort()
  if (names.length === 1) return first
  return names.length === 2 ? `${first} (and 1 other pod)` : `${first} (and ${names.length - 1} other pods)`
}
