import type { AnyStateMachine, AnyStateNode } from 'xstate'

/** A machine as a Mermaid state diagram; the golden files in test/diagrams are made of it. */
export function makeDiagram(machine: AnyStateMachine): string {
  const lines = ['stateDiagram-v2']
  drawInside(machine.root as AnyStateNode, lines, '  ')
  return lines.join('\n') + '\n'
}

function nodeName(node: AnyStateNode): string {
  return node.path.join('_')
}

function drawInside(parent: AnyStateNode, lines: string[], indent: string): void {
  const first = parent.initial?.target[0] as AnyStateNode | undefined
  if (first !== undefined) lines.push(`${indent}[*] --> ${nodeName(first)}`)
  for (const node of Object.values(parent.states) as AnyStateNode[]) drawNode(node, lines, indent)
}

function drawNode(node: AnyStateNode, lines: string[], indent: string): void {
  if (Object.keys(node.states).length > 0) {
    lines.push(`${indent}state ${nodeName(node)} {`)
    drawInside(node, lines, `${indent}  `)
    lines.push(`${indent}}`)
  }
  for (const [event, transitions] of node.transitions) {
    for (const transition of transitions) {
      const target = transition.target?.[0] as AnyStateNode | undefined
      lines.push(`${indent}${nodeName(node)} --> ${nodeName(target ?? node)}: ${label(event, transition.guard)}`)
    }
  }
  if (node.type === 'final') lines.push(`${indent}${nodeName(node)} --> [*]`)
}

function label(event: string, guard: unknown): string {
  const name = event.replace(/^xstate\.after\.([^.]+)\..*$/, 'after $1')
  return guard === undefined
    ? name
    : `${name} [${typeof guard === 'string' ? guard : (guard as { type: string }).type}]`
}
