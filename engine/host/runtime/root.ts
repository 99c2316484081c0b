/** Whose files, network and process numbers a process sees. `id` is that of the container's file tree. */
/** `netns`: the container whose network a process of the host has entered. */
export type ProcessRoot = { kind: 'host'; netns?: string } | { kind: 'container'; id: string; [fact: string]: unknown }
