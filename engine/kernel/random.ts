import seedrandom from 'seedrandom'

/** Plain-data state of one stream, as a snapshot holds it. */
export interface RandomState {
  name: string
  /** How many numbers were drawn; a stream is restored by its name and its generator state. */
  state: object
}

/** One named stream of random numbers. Draws in one stream never change another. */
export class Random {
  readonly name: string
  private generator: seedrandom.StatefulPRNG<seedrandom.State.Arc4>

  constructor(
    private readonly seed: string,
    name: string,
  ) {
    this.name = name
    this.generator = seedrandom(`${seed}/${name}`, { state: true })
  }

  /** Goes on where a dumped stream stood; without its state, from its beginning. */
  load(state?: object): void {
    this.generator = seedrandom(`${this.seed}/${this.name}`, {
      state: state === undefined ? true : (state as seedrandom.State.Arc4),
    })
  }

  /** A number in [0, 1). */
  next(): number {
    return this.generator()
  }

  /** An integer in [0, bound). */
  int(bound: number): number {
    return Math.floor(this.generator() * bound)
  }

  /** An integer in [low, high], both included. */
  between(low: number, high: number): number {
    return low + this.int(high - low + 1)
  }

  /** One element of a list that is not empty. */
  pick<T>(list: readonly T[]): T {
    return list[this.int(list.length)] as T
  }

  /** A name suffix, as Models k8s.io/apimachinery/pkg/util/rand (String): no vowels, no 0, 1 or 3. */
  suffix(length: number): string {
    const alphabet = 'bcdfghjklmnpqrstvwxz2456789'
    let text = ''
    for (let i = 0; i < length; i++) text += alphabet.charAt(this.int(alphabet.length))
    return text
  }

  /** A UUID of version 4 form. */
  uuid(): string {
    const hex = (digits: number): string =>
      this.int(16 ** digits)
        .toString(16)
        .padStart(digits, '0')
    const variant = (8 + this.int(4)).toString(16)
    return `${hex(8)}-${hex(4)}-4${hex(3)}-${variant}${hex(3)}-${hex(8)}${hex(4)}`
  }

  dump(): RandomState {
    return { name: this.name, state: structuredClone(this.generator.state()) }
  }
}
