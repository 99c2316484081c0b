import { describe, expect, it } from 'vitest'
import { parseInline, parseMarkdown } from '../../web/parts/markdown.ts'

describe('the Markdown of task texts', () => {
  it('keeps code under the item of a list that it belongs to, and goes on counting', () => {
    const text = [
      '1. **Predict.** Write `a.yaml`',
      '   on this host:',
      '',
      '       web: true',
      '         agent: false',
      '',
      '2. Watch.',
      '',
      'The end.',
    ].join('\n')
    expect(parseMarkdown(text)).toEqual([
      {
        kind: 'list',
        ordered: true,
        items: [
          [
            {
              kind: 'paragraph',
              children: [
                { kind: 'strong', children: [{ kind: 'text', text: 'Predict.' }] },
                { kind: 'text', text: ' Write ' },
                { kind: 'code', text: 'a.yaml' },
                { kind: 'text', text: ' on this host:' },
              ],
            },
            { kind: 'code', text: 'web: true\n  agent: false' },
          ],
          [{ kind: 'paragraph', children: [{ kind: 'text', text: 'Watch.' }] }],
        ],
      },
      { kind: 'paragraph', children: [{ kind: 'text', text: 'The end.' }] },
    ])
  })

  it('takes HTML and other addresses than http as plain text', () => {
    expect(parseInline('<img src=x onerror=alert(1)>')).toEqual([
      { kind: 'text', text: '<img src=x onerror=alert(1)>' },
    ])
    expect(parseInline('[x](javascript:alert(1))')).toEqual([{ kind: 'text', text: '[x](javascript:alert(1))' }])
    expect(parseInline('[docs](https://kubernetes.io/docs/)')).toEqual([
      { kind: 'link', href: 'https://kubernetes.io/docs/', text: 'docs' },
    ])
  })

  it('leaves globs and lone asterisks alone', () => {
    expect(parseInline('rm * and 2 * 3')).toEqual([{ kind: 'text', text: 'rm * and 2 * 3' }])
  })

  it('ends an unclosed fence at the end of the text', () => {
    expect(parseMarkdown('```\nkubectl get pods')).toEqual([{ kind: 'code', text: 'kubectl get pods' }])
  })
})
