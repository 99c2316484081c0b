/** Go templates. */
export function parseTemplate(text: string, lenient: boolean): (data: unknown) => string {
  void lenient
  throw new Error(`not simulated: go-template ${text}`)
}
