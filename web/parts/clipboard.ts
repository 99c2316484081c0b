/** The clipboard, also where the page is not a secure context (the trainer reached by another machine's name). */

/** Answers whether it worked. */
export async function writeClipboard(text: string): Promise<boolean> {
  if (text === '') return false
  const written = await navigator.clipboard?.writeText(text).then(
    () => true,
    () => false,
  )
  return written ?? copyBySelection(text)
}

/** The text, or undefined where the browser does not give it. */
export async function readClipboard(): Promise<string | undefined> {
  return navigator.clipboard?.readText?.().catch(() => undefined)
}

function copyBySelection(text: string): boolean {
  const focused = document.activeElement
  const area = document.createElement('textarea')
  area.value = text
  document.body.append(area)
  area.select()
  const done = document.execCommand('copy')
  area.remove()
  if (focused instanceof HTMLElement) focused.focus()
  return done
}
