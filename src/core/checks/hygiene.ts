import type { CheckResult, ImageFacts } from '../../model/image.ts';
import { indexFacts } from './evidence.ts';
import { identityRules } from './identity-rules.ts';
import { leftoverRules } from './leftover-rules.ts';
import { parseDpkgStatus } from './packages.ts';
import type { Expectations, Rule } from './rule.ts';
import { serviceRules } from './service-rules.ts';

const packageRule: Rule = {
  rule: 'packages-configured',
  summary: 'every package is installed and configured',
  find: (evidence) => {
    const status = evidence.text('/var/lib/dpkg/status');
    if (status === null)
      return [{ path: '/var/lib/dpkg/status', reason: 'the list of packages is missing' }];
    return parseDpkgStatus(status)
      .filter((each) => !/^(install|hold) ok installed$/.test(each.status))
      .map((each) => ({
        path: '/var/lib/dpkg/status',
        reason: `${each.name} is "${each.status}"`,
      }));
  },
};

/** All rules, in the order in which they are reported. */
export const hygieneRules: readonly Rule[] = [
  ...leftoverRules,
  ...identityRules,
  ...serviceRules,
  packageRule,
];

/** Judges a finished file system by every rule; a rule without violations holds. */
export function checkHygiene(facts: ImageFacts, expected: Expectations): readonly CheckResult[] {
  const evidence = indexFacts(facts);
  return hygieneRules.map(({ rule, summary, find }) => ({
    rule,
    summary,
    violations: find(evidence, expected),
  }));
}
