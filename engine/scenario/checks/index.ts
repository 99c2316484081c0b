/** Every kind of check, by the key that names it in a scenario. */
import { afterPodDeath } from './afterPodDeath.ts'
import { afterReboot } from './afterReboot.ts'
import { BASIC_CHECKS } from './basic.ts'

export const CHECKS = { ...BASIC_CHECKS, afterReboot, afterPodDeath }
export type CheckName = keyof typeof CHECKS
