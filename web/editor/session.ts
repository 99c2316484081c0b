/** One session of editing a file, as vi's and nano's keys see it. */
export interface EditSession {
  /** Takes the text as it is now; the file gets it when the editor closes. */
  write(): void
  isModified(): boolean
  /** Closes; what was written last is what the file gets. */
  close(): void
}
