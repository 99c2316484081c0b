/** What a browser needs in a container or on a build machine, and no talk with the outside. */
export const CHROMIUM_FLAGS: string[]
/** The path of a Chromium. Throws with the remedy when there is none and none can be installed. */
export function findChromium(): Promise<string>
