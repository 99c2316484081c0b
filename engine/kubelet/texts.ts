/** Event and status texts of the kubelet, by minor release where they changed (F5, F6). */
import { makeGoDuration } from '../objects/duration.ts'

export interface Texts {
  created(container: string): string
  started(container: string): string
  present(image: string): string
  backOffPulling(image: string, error: string | undefined): string
}

/** The texts of a minor release (35 for 1.35). */
export function textsOf(minor: number): Texts {
  return {
    created: (container) =>
      minor >= 35
        ? 'Container created'
        : minor >= 32
          ? `Created container: ${container}`
          : `Created container ${container}`,
    started: (container) => (minor >= 35 ? 'Container started' : `Started container ${container}`),
    present: (image) =>
      `Container image "${image}" already present on machine${minor >= 35 ? ' and can be accessed by the pod' : ''}`,
    backOffPulling: (image, error) =>
      minor >= 32 && error !== undefined
        ? `Back-off pulling image "${image}": ErrImagePull: ${error}`
        : `Back-off pulling image "${image}"`,
  }
}

/** `2.345s` or `107ms`: a Go duration rounded to the millisecond. */
export function pullDuration(ms: number): string {
  return makeGoDuration(Math.max(1, Math.round(ms)))
}

export const WAITING = {
  crashLoop: 'CrashLoopBackOff',
  errImagePull: 'ErrImagePull',
  imageBackOff: 'ImagePullBackOff',
  neverPull: 'ErrImageNeverPull',
  invalidName: 'InvalidImageName',
  configError: 'CreateContainerConfigError',
  runError: 'RunContainerError',
  postStart: 'PostStartHookError',
} as const
