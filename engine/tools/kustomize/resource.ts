/** One object of a build, with what the build has to remember about it. Models api/resource. */
import type { ResId } from './ids.ts'
import { effectiveNamespace, parseGvk } from './ids.ts'
import type { Gvk } from './ids.ts'
import { asTexts, copyTree, fieldsAt, isFields, scalarText, textsAt } from './tree.ts'
import type { Fields, Tree } from './tree.ts'

export type Behavior = 'create' | 'replace' | 'merge' | 'unspecified'

/** Where a resource comes from, or which transformer changed it (buildMetadata). */
export interface Origin {
  path?: string
  configuredIn?: string
  configuredBy?: { apiVersion: string; kind: string; name?: string }
}

export class Resource {
  behavior: Behavior = 'unspecified'
  needsHash = false
  /** Names and namespaces it had before, oldest first. */
  private previous: { kind: string; name: string; namespace: string }[] = []
  prefixes: string[] = []
  suffixes: string[] = []
  origin?: Origin
  transformations: Origin[] = []
  allowNameChange = false
  allowKindChange = false

  constructor(public body: Fields) {}

  get gvk(): Gvk {
    return parseGvk(scalarText(this.body.apiVersion), scalarText(this.body.kind))
  }

  get name(): string {
    return scalarText(this.metadata.name)
  }

  set name(name: string) {
    fieldsAt(this.body, 'metadata').name = name
  }

  get namespace(): string {
    return scalarText(this.metadata.namespace)
  }

  set namespace(namespace: string) {
    if (namespace === '') delete this.metadata.namespace
    else fieldsAt(this.body, 'metadata').namespace = namespace
  }

  get labels(): Record<string, string> {
    return textsAt(this.metadata, 'labels')
  }

  get annotations(): Record<string, string> {
    return textsAt(this.metadata, 'annotations')
  }

  get isEmpty(): boolean {
    return Object.keys(this.body).length === 0
  }

  private get metadata(): Fields {
    return isFields(this.body.metadata) ? this.body.metadata : {}
  }

  get id(): ResId {
    return { ...this.gvk, name: this.name, namespace: this.namespace }
  }

  get previousIds(): ResId[] {
    const { group, version } = this.gvk
    return this.previous.map(({ kind, name, namespace }) => ({ group, version, kind, name, namespace }))
  }

  get originalId(): ResId {
    return this.previousIds[0] ?? this.id
  }

  /** Remembers the id of now, before it changes. */
  storePreviousId(): void {
    const { id } = this
    this.previous.push({ kind: id.kind, name: id.name, namespace: effectiveNamespace(id) })
  }

  /** Sets labels or annotations; an empty map takes the field away. */
  setTexts(field: 'labels' | 'annotations', texts: Record<string, string>): void {
    if (Object.keys(texts).length > 0) fieldsAt(this.body, 'metadata')[field] = { ...texts }
    else delete this.metadata[field]
  }

  /** Takes over the metadata, and all that is remembered, of the resource it stands in for. */
  takeMetadataFrom(other: Resource): void {
    this.setTexts('labels', { ...other.labels, ...this.labels })
    this.setTexts('annotations', { ...other.annotations, ...this.annotations })
    this.name = other.name
    this.namespace = other.namespace
    this.behavior = other.behavior
    this.needsHash = other.needsHash
    this.previous = [...other.previous]
    this.prefixes = [...other.prefixes]
    this.suffixes = [...other.suffixes]
    this.origin = this.origin ?? other.origin
  }

  /**
   * The end of the build: upstream has kept its notes in the annotations and takes them out again, which makes texts
   * of all values and leaves no empty map behind.
   */
  settleAnnotations(): void {
    const { metadata } = this
    const { annotations } = metadata
    if (isFields(annotations) && Object.keys(annotations).length > 0) metadata.annotations = asTexts(annotations)
    else delete metadata.annotations
  }

  /** What an earlier build has written does not come into this one. */
  dropAnnotation(key: string): void {
    const { annotations } = this.metadata
    if (isFields(annotations)) delete annotations[key]
  }

  /** A patch for several objects: its labels and annotations are texts. */
  withTexts(): Resource {
    const made = this.copy()
    const { metadata } = made
    for (const field of ['labels', 'annotations'] as const) {
      const texts = metadata[field]
      if (isFields(texts) && Object.keys(texts).length > 0) metadata[field] = asTexts(texts)
      else delete metadata[field]
    }
    return made
  }

  copy(): Resource {
    const made = new Resource(copyTree(this.body))
    Object.assign(made, { ...this, body: made.body })
    made.previous = [...this.previous]
    made.prefixes = [...this.prefixes]
    made.suffixes = [...this.suffixes]
    made.transformations = [...this.transformations]
    return made
  }

  /** The maps `data` or `binaryData` of both, its own values first. */
  mergeMap(field: 'data' | 'binaryData', other: Resource): void {
    const merged: Fields = { ...textsAt(other.body, field), ...textsAt(this.body, field) }
    if (Object.keys(merged).length > 0) this.body[field] = merged as Tree
  }
}
