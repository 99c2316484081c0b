/** Versions, releases and the skew policy: what everybody may import. */
export * from './version.ts'
export * from './releases.ts'
export * from './skew.ts'
export * from './docker.ts'
