/** `kubectl apply edit-last-applied`: the annotation alone, in an editor. Models kubectl/pkg/cmd/apply/apply_edit_last_applied.go. */
import type { Command } from '../../command.ts'
import { editLastApplied as run } from '../edit.ts'

export const editLastApplied: Command = { path: 'apply edit-last-applied', complete: 'types', run }
