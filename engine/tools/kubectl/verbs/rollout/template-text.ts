/** A pods' template as `rollout history --revision` prints it: describe's lines, tabs not aligned. */
import type { PodTemplateSpec } from '../../../../objects/types.gen.ts'
import { podTemplateLines } from '../../describe/pod-template.ts'
import { Writer } from '../../describe/writer.ts'
import { texts } from '../../texts.ts'

export function templateText(template: PodTemplateSpec, minor: number): string {
  const writer = new Writer()
  podTemplateLines(writer, template, texts.describePortNames(minor))
  return writer.unaligned().replace(/^ +\t/gm, '\t')
}
