/** How the editor looks: the terminal's own colours, dark in both themes. */
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import type { Extension } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import { tags } from '@lezer/highlight'

const theme = EditorView.theme(
  {
    '&': { height: '100%', backgroundColor: 'var(--terminal)', color: 'var(--terminal-text)', fontSize: '14px' },
    '&.cm-focused': { outline: 'none' },
    '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.4' },
    '.cm-content': { caretColor: '#82b1ff' },
    '.cm-cursor': { borderLeftColor: '#82b1ff' },
    '&:not(.cm-focused) .cm-fat-cursor': { outline: 'solid 1px #82b1ff', background: 'transparent' },
    '.cm-fat-cursor': { background: '#82b1ff !important', color: '#10161f !important' },
    '.cm-gutters': { backgroundColor: 'var(--terminal)', color: '#8292a8', border: 'none' },
    '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: '#18212e' },
    '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
      backgroundColor: '#2c4a78',
    },
    '.cm-panels': {
      backgroundColor: 'var(--terminal-bar)',
      color: 'var(--terminal-text)',
      borderColor: 'var(--terminal-line)',
    },
    '.cm-panels.cm-panels-bottom': { borderTop: '1px solid var(--terminal-line)' },
    '.cm-panels input': { color: 'inherit', background: 'transparent' },
    '.cm-textfield': { border: '1px solid var(--terminal-line)' },
    '.cm-vim-panel': { padding: '2px 10px', fontFamily: 'var(--mono)', minHeight: '1.6em' },
    '.cm-vim-panel input': { fontFamily: 'var(--mono)', color: 'inherit' },
    '.cm-vim-message': { color: '#ff9a90' },
    '.cm-searchMatch': { backgroundColor: '#5b4a16' },
  },
  { dark: true },
)

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: '#8ab8ff' },
  { tag: [tags.string, tags.special(tags.string)], color: '#a5d6a7' },
  { tag: [tags.number, tags.bool, tags.null, tags.keyword], color: '#f0b37e' },
  { tag: [tags.comment, tags.meta, tags.punctuation], color: '#94a3b8' },
])

export const look: Extension = [theme, syntaxHighlighting(colours)]
