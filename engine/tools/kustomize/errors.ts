/** What is wrong with a kustomization, in kustomize's words. */
export class KustomizeError extends Error {
  /** A file that is no YAML: then nothing else is tried with its path. */
  readonly malformed: boolean

  constructor(message: string, malformed = false) {
    super(message)
    this.malformed = malformed
  }

  /** `prefix: message`, as errors are wrapped on their way up. */
  wrapped(prefix: string): KustomizeError {
    return new KustomizeError(`${prefix}: ${this.message}`, this.malformed)
  }
}

/** What the step gives, its error with a prefix. */
export function wrapping<T>(prefix: string, step: () => T): T {
  try {
    return step()
  } catch (error) {
    throw error instanceof KustomizeError ? error.wrapped(prefix) : error
  }
}
