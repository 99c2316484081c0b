/** Scales raw scores to 0–100 by the largest; reversed, the largest becomes 0. Models helper.DefaultNormalizeScore. */
export function normalise(scores: number[], reverse: boolean): number[] {
  const max = Math.max(0, ...scores)
  if (max === 0) return scores.map(() => (reverse ? 100 : 0))
  return scores.map((score) => {
    const scaled = Math.trunc((100 * score) / max)
    return reverse ? 100 - scaled : scaled
  })
}
