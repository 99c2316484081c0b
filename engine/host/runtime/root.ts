/** Whose files, network and process numbers a process sees. `id` is that of the container's file tree. */
export type ProcessRoot = { kind: 'host' } | { kind: 'container'; id: string; [fact: string]: unknown }
