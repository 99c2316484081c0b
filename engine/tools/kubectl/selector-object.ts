/** A selector's text as the object that manifests hold. Models apimachinery's metav1.ParseToLabelSelector. */
import { parseLabelSelector, SelectorError } from '../../objects/selectors.ts'
import { CommandError } from './errors.ts'

export interface SelectorObject {
  matchLabels?: Record<string, string>
  matchExpressions?: { key: string; operator: string; values?: string[] }[]
}

const OPERATORS: Record<string, string> = { in: 'In', notin: 'NotIn', exists: 'Exists', '!': 'DoesNotExist' }

/** Throws CommandError for operators that objects do not have. */
export function parseSelectorObject(text: string): SelectorObject {
  const matchLabels: Record<string, string> = {}
  const matchExpressions: { key: string; operator: string; values?: string[] }[] = []
  for (const { key, operator, values } of requirements(text)) {
    if (operator === '=' || operator === '==') matchLabels[key] = [...values][0] ?? ''
    else {
      const name = OPERATORS[operator]
      if (!name) throw new CommandError(`"${operator}" is not a valid label selector operator`)
      const list = [...values]
      matchExpressions.push({ key, operator: name, ...(list.length > 0 ? { values: list } : {}) })
    }
  }
  return {
    ...(Object.keys(matchLabels).length > 0 ? { matchLabels } : {}),
    ...(matchExpressions.length > 0 ? { matchExpressions } : {}),
  }
}

function requirements(text: string) {
  try {
    return parseLabelSelector(text).requirements
  } catch (error) {
    if (error instanceof SelectorError) throw new CommandError(error.message)
    throw error
  }
}
