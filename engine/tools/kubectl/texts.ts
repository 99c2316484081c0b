/** Texts that changed between releases, keyed by the first minor that prints them. */

/** The minor of a release such as `1.35.2`. */
export const minorOf = (release: string): number => Number(/^v?1\.(\d+)/.exec(release)?.[1] ?? '35')

const pick =
  <T>(...entries: [since: number, value: T][]) =>
  (minor: number): T => {
    const found = entries.filter(([since]) => since <= minor).at(-1) ?? entries[0]!
    return found[1]
  }

export const texts = {
  kustomizeVersion: pick(
    [27, 'v5.0.1'],
    [29, 'v5.0.4'],
    [31, 'v5.4.2'],
    [32, 'v5.5.0'],
    [33, 'v5.6.0'],
    [34, 'v5.7.1'],
    [36, 'v5.8.1'],
  ),
  /** `pod "x" deleted` grew its namespace in 1.34. */
  deletedFromNamespace: pick([27, false], [34, true]),
  /** Since 1.33 attach says that what is typed ends up in the log. */
  sessionIsRecorded: pick([27, false], [33, true]),
  /** `creationTimestamp: null` in objects that a client prints without having sent them. */
  nullCreationTimestamp: pick([27, true], [34, false]),
  /** klog's wrapper around errors that no caller takes. */
  unhandledError: pick([27, false], [31, true]),
  /** Where client-go tells of a forwarded connection that failed. */
  portForwardLine: pick([27, 409], [30, 413], [32, 424]),
  /** `<port>/TCP (name)` in describe. */
  describePortNames: pick([27, false], [34, true]),
  describeServiceAccountSecrets: pick([27, true], [34, false]),
  describeKubeProxyVersion: pick([27, true], [34, false]),
  describeTimeZone: pick([27, false], [34, true]),
  eventFieldPath: pick([27, false], [35, true]),
  /** Several objects are described without their events unless asked for. */
  describeEventsOfMany: pick([27, true], [35, false]),
  describeAppProtocol: pick([27, false], [36, true]),
  describeTrafficDistribution: pick([27, false], [34, true]),
  kyaml: pick([27, false], [34, true]),
  scaleNotFoundBare: pick([27, false], [34, true]),
  /** The filter's words for pods without a controller (I2). */
  drainUnmanaged: pick(
    [27, 'Pods declare no controller (use --force to override)'],
    [30, 'cannot delete Pods that declare no controller (use --force to override)'],
    [36, 'Pods that declare no controller (use --force to override)'],
  ),
  /** `unable to drain node "x" due to error:[…` had no space before 1.33 (I2). */
  drainDueTo: pick([27, 'error:'], [33, 'error: ']),
  debugLegacyDeprecated: pick([27, false], [32, true]),
  topPercentInParentheses: pick([27, false], [32, true]),
}
