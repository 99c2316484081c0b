/** What server, web and cli use of scenarios. */
export {
  beginAttempt,
  AttemptError,
  finishAttempt,
  hintsTaken,
  leftMs,
  stepAttempt,
  takeHint,
  tickAttempt,
  usedMs,
} from './attempt.ts'
export type { Attempt, AttemptState } from './attempt.ts'
export type { AttemptEvent } from './attempt.machine.ts'
export { catalogueEntry, revealOf } from './catalogue.ts'
export type { CatalogueEntry } from './catalogue.ts'
export type { Ports } from './faults/fault.ts'
export { LANGUAGES } from './format/common.ts'
export type { Language, Localized } from './format/common.ts'
export { makeProblem } from './format/problem.ts'
export type { Problem } from './format/problem.ts'
export { DIFFICULTIES, DOMAINS, scenarioSchemaDocument } from './format/scenario.ts'
export type { Difficulty, Domain, Parameters, Scenario } from './format/scenario.ts'
export { gradeScenario } from './grade.ts'
export type { CheckResult, CheckState, Grade, GradeOptions } from './grade.ts'
export { loadScenario } from './load.ts'
export { hostNames, prepareAttempt, SetupError, START } from './prepare.ts'
export type { LaunchOptions, PreparedAttempt } from './prepare.ts'
export { proveScenario, renderProof } from './prove.ts'
export type { Launch, Proof, ProofFinding, ProofOptions } from './prove.ts'
export { renderJson, renderJUnit, renderText, renderTime } from './render.ts'
