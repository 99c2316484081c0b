/** What the name of a unit says: its type. */

/** `kubelet` → `kubelet.service`; a name that has a suffix stays. */
export function unitName(name: string): string {
  return /\.(service|target|timer|socket|mount|path|slice|scope|swap|device)$/.test(name) ? name : `${name}.service`
}

export const isService = (name: string): boolean => name.endsWith('.service')
export const isTarget = (name: string): boolean => name.endsWith('.target')
export const isTimer = (name: string): boolean => name.endsWith('.timer')

/** Mounts, slices and the like are taken to be there. */
export const isModelled = (name: string): boolean => isService(name) || isTarget(name) || isTimer(name)
