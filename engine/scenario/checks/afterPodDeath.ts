import { duration, fields, oneKind, optional, text } from '../format/schema.ts'
import { watchCheck } from '../timing.ts'
import { BASIC_CHECKS, pickKind, schemasOf } from './basic.ts'
import { defineCheck, seen } from './check.ts'

const victims = fields(
  {
    selector: text('Labels of the pods that die.'),
    namespace: optional(text('Their namespace; default when left out.')),
  },
  'The pods that die.',
)
const inner = { of: victims, within: optional(duration('How long it may take to come back; 2m when left out.')) }

/** What must be so again after pods were killed. Done on a copy of the cluster. */
export const afterPodDeath = defineCheck({
  schema: oneKind(inner, schemasOf(BASIC_CHECKS), 'What holds again after pods were killed, on a copy of the cluster.'),
  wanted: (of) => {
    const { kind, argument } = pickKind(BASIC_CHECKS, of)
    return `after the death of the pods with ${of.of.selector}: ${kind.wanted(argument)}`
  },
  observe: async (of, context) => {
    const { kind, argument } = pickKind(BASIC_CHECKS, of)
    const namespace = of.of.namespace ?? 'default'
    const pods = await context.view.objects({ kind: 'Pod', namespace, labelSelector: of.of.selector })
    if (pods.length === 0) return seen(false, `no pod with ${of.of.selector} to begin with`)
    for (const pod of pods)
      await context.hands.remove({ kind: 'Pod', namespace, name: pod.metadata.name ?? '' }, { graceSeconds: 0 })
    await context.view.wait(1_000)
    return watchCheck({ within: of.within ?? '2m', stableFor: '10s' }, context.view, () =>
      kind.observe(argument, context),
    )
  },
  mentions: (of) => {
    const { kind, argument } = pickKind(BASIC_CHECKS, of)
    return kind.mentions(argument)
  },
  disturbs: true,
})
