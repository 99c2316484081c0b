/** All that a waiting request can go on with, by name. */
import type { AnswerSteps, ReadSteps, WriteSteps } from './core.ts'
import { bindingSteps } from './subresources/binding.ts'
import { evictionSteps, evictionReadSteps } from './subresources/eviction.ts'
import { scaleSteps, scaleReadSteps } from './subresources/scale.ts'
import { finalizeSteps } from './subresources/finalize.ts'
import { applySteps } from './verbs/apply.ts'
import { createSteps } from './verbs/create.ts'
import { deleteAnswers, deleteReadSteps, deleteSteps } from './verbs/delete.ts'
import { patchSteps } from './verbs/patch.ts'
import { readAnswers, readSteps } from './verbs/read.ts'
import { updateSteps } from './verbs/update.ts'
import { watchSteps } from './verbs/watch.ts'
import { nodeReadSteps } from './subresources/node.ts'
import { proxyReadSteps } from './subresources/proxy.ts'

export const READ_STEPS: ReadSteps = {
  ...readSteps,
  ...watchSteps,
  ...deleteReadSteps,
  ...scaleReadSteps,
  ...evictionReadSteps,
  ...nodeReadSteps,
  ...proxyReadSteps,
}
export const WRITE_STEPS: WriteSteps = {
  ...createSteps,
  ...updateSteps,
  ...patchSteps,
  ...applySteps,
  ...deleteSteps,
  ...bindingSteps,
  ...scaleSteps,
  ...evictionSteps,
  ...finalizeSteps,
}
export const ANSWER_STEPS: AnswerSteps = { ...readAnswers, ...deleteAnswers }
