/** A grade as text for people, as JSON for programs, and as JUnit XML for CI. Pure functions. */
import { humanDuration } from '../objects/duration.ts'
import type { Language } from './format/common.ts'
import type { CheckResult, CheckState, Grade } from './grade.ts'

const MARKS: Record<CheckState, string> = { passed: '✔', failed: '✘', blocked: '–', skipped: '?' }

const WORDS: Record<
  Language,
  { wanted: string; found: string; points: string; passed: string; failed: string; hints: string }
> = {
  en: {
    wanted: 'wanted',
    found: 'found',
    points: 'points',
    passed: 'passed',
    failed: 'not passed',
    hints: 'hints taken',
  },
  ko: { wanted: '기대', found: '확인', points: '점', passed: '통과', failed: '미통과', hints: '힌트 사용' },
}

export function renderText(grade: Grade, language: Language = 'en'): string {
  const words = WORDS[language]
  const head = `${grade.title[language]}: ${grade.got}/${grade.points} ${words.points} (${grade.percent} %), ${grade.passed ? words.passed : words.failed}`
  const hints = grade.hintCost === 0 ? [] : [`  ${words.hints}: -${grade.hintCost}`]
  return `${[head, ...hints, ...grade.checks.flatMap((check) => checkLines(check, language))].join('\n')}\n`
}

function checkLines(check: CheckResult, language: Language): string[] {
  const words = WORDS[language]
  return [
    `${MARKS[check.state]} ${check.name[language]} (${check.got}/${check.points})`,
    `    ${words.wanted}: ${check.wanted}`,
    `    ${words.found}: ${check.found}`,
    `    ${check.because[language]}`,
  ]
}

export function renderJson(grade: Grade): string {
  return `${JSON.stringify(grade, null, 2)}\n`
}

/** A failed or blocked check is a failure, one that this cluster cannot tell is skipped. */
export function renderJUnit(grade: Grade, language: Language = 'en'): string {
  const count = (...states: CheckState[]): number => grade.checks.filter(({ state }) => states.includes(state)).length
  const attributes = `name="${escapeXml(grade.scenario)}" tests="${grade.checks.length}" failures="${count('failed', 'blocked')}" skipped="${count('skipped')}"`
  const cases = grade.checks.map((check) => testCase(check, grade.scenario, language))
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites>`,
    `  <testsuite ${attributes}>`,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n')
}

function testCase(check: CheckResult, scenario: string, language: Language): string {
  const open = `    <testcase classname="${escapeXml(scenario)}" name="${escapeXml(check.name[language])}">`
  const points = `<properties><property name="points" value="${check.points}"/><property name="got" value="${check.got}"/></properties>`
  const text = `wanted: ${check.wanted}\nfound: ${check.found}\n${check.because[language]}`
  const failure =
    check.state === 'skipped'
      ? `<skipped message="${escapeXml(check.found)}"/>`
      : `<failure message="${escapeXml(check.found)}">${escapeXml(text)}</failure>`
  return `${open}${points}${check.passed ? '' : failure}</testcase>`
}

function escapeXml(text: string): string {
  // XML has no place for most control characters, not even escaped.
  const kept = [...text].filter((one) => one >= ' ' || one === '\n' || one === '\t').join('')
  return kept.replace(/[<>&"']/g, (one) => `&#${one.charCodeAt(0)};`)
}

/** `12m34s of 15m`: how a result says how long it took. */
export function renderTime(usedMs: number, budgetMs: number): string {
  return `${humanDuration(usedMs)} / ${humanDuration(budgetMs)}`
}
