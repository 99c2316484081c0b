/** The task must name what is checked: a learner cannot guess the name of an object, a host or a file. */
import { LANGUAGES } from '../format/common.ts'
import type { Language } from '../format/common.ts'
import type { Finding } from '../format/problem.ts'
import type { Check, Scenario } from '../format/scenario.ts'
import type { Mention } from '../checks/check.ts'
import { CHECKS } from '../checks/index.ts'
import { pickKind } from '../checks/basic.ts'

/** Kinds by their short and plain names, and as Korean texts call them. */
const KIND_WORDS: Record<string, string[]> = {
  pod: ['pods', 'po', '파드'],
  node: ['nodes', 'no', '노드'],
  service: ['services', 'svc', '서비스'],
  deployment: ['deployments', 'deploy', '디플로이먼트'],
  replicaset: ['replicasets', 'rs', '레플리카셋'],
  daemonset: ['daemonsets', 'ds', '데몬셋'],
  statefulset: ['statefulsets', 'sts', '스테이트풀셋'],
  configmap: ['configmaps', 'cm', '컨피그맵'],
  secret: ['secrets', '시크릿'],
  namespace: ['namespaces', 'ns', '네임스페이스'],
  poddisruptionbudget: ['poddisruptionbudgets', 'pdb', 'disruption budget'],
  endpoints: ['endpoint', 'ep', '엔드포인트'],
  endpointslice: ['endpointslices'],
  event: ['events', 'ev', '이벤트'],
}

export function lintMentions(scenario: Scenario): Finding[] {
  const kept = new Set(scenario.spec.toFind ?? [])
  return scenario.spec.checks.flatMap((check, index) => {
    const missing = mentionsOf(check).filter((mention) => !kept.has(mention.text))
    return LANGUAGES.flatMap((language) =>
      missing
        .filter((mention) => !isSaid(mention, scenario.spec.task[language]))
        .map((mention) => finding(mention, index, language)),
    )
  })
}

/** What a check names. */
export function mentionsOf(check: Check): Mention[] {
  const { kind, argument } = pickKind(CHECKS, check)
  return kind.mentions(argument)
}

function isSaid({ what, text }: Mention, task: string): boolean {
  if (text === 'base') return true
  const words = what === 'kind' ? kindWords(text) : [text]
  const low = task.toLowerCase()
  return words.some((word) => hasWord(low, word.toLowerCase()))
}

function kindWords(kind: string): string[] {
  const own = kind.split('.')[0]?.toLowerCase() ?? ''
  const family = Object.entries(KIND_WORDS).find(([name, words]) => name === own || words.includes(own))
  return family === undefined ? [own, `${own}s`] : [family[0], ...family[1]]
}

/** The word by itself: `web` is not said by `webhook`. Korean particles may follow. */
function hasWord(text: string, word: string): boolean {
  const escaped = word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`(?<![a-z0-9-])${escaped}(?![a-z0-9]|-[a-z0-9])`).test(text)
}

function finding({ what, text }: Mention, index: number, language: Language): Finding {
  return {
    path: ['spec', 'checks', index],
    message: `the ${what} "${text}" is checked but never mentioned in the task (${language})`,
    remedy: `name it in spec.task.${language}, or list it in spec.toFind when to find it is the exercise`,
  }
}
