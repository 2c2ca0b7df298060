import type { Rule, Violation } from './rule.ts';

/** start-stop-daemon is 30 to 50 kB; the stand-in that blocks daemons during a build is a shell script of 76 bytes. */
const leastDaemonBytes = 8192;
const weakApt =
  /(AllowUnauthenticated|AllowInsecureRepositories|AllowWeakRepositories|AllowDowngradeToInsecureRepositories|force-yes)\W+"?(true|1|yes)|Verify-Peer\W+"?(false|0|no)/i;

const dropComments = (text: string): string => text.replace(/(\/\/|^\s*#).*$/gm, '');

/** What a build leaves behind when it does not tidy up. */
export const leftoverRules: readonly Rule[] = [
  {
    rule: 'apt-authentication',
    summary: 'apt verifies signatures',
    find: (evidence) => [
      ...evidence
        .textsMatching(/^\/etc\/apt\/apt\.conf/)
        .map(({ path, text }) => ({ path, text: dropComments(text) }))
        .filter(({ text }) => weakApt.test(text))
        .map(({ path, text }) => ({
          path,
          reason: `turns verification off: ${weakApt.exec(text)?.[0]}`,
        })),
      ...evidence
        .textsMatching(/^\/etc\/apt\/sources/)
        .filter(({ text }) => /trusted\s*[=:]\s*yes|allow-insecure\s*[=:]\s*yes/i.test(text))
        .map(({ path }) => ({ path, reason: 'trusts an archive without its signature' })),
    ],
  },
  {
    rule: 'apt-proxy',
    summary: "no proxy of the build is in apt's configuration",
    find: (evidence) =>
      evidence
        .textsMatching(/^\/etc\/apt\/apt\.conf/)
        .filter(({ text }) => /^\s*Acquire::(https?|ftp)::Proxy\b/im.test(text))
        .map(({ path }) => ({ path, reason: 'names a proxy' })),
  },
  {
    rule: 'start-stop-daemon',
    summary: 'start-stop-daemon is the real one',
    find: (evidence) => {
      const entry =
        evidence.entry('/usr/sbin/start-stop-daemon') ?? evidence.entry('/sbin/start-stop-daemon');
      if (entry === undefined)
        return [{ path: '/usr/sbin/start-stop-daemon', reason: 'is missing' }];
      return entry[5] < leastDaemonBytes
        ? [{ path: entry[0], reason: `has ${entry[5]} bytes: a stand-in of the build` }]
        : [];
    },
  },
  {
    rule: 'policy-rc.d',
    summary: 'services may start',
    find: (evidence) =>
      present(
        evidence.entriesMatching(/^\/usr\/sbin\/policy-rc\.d$/),
        'keeps services from starting',
      ),
  },
  {
    rule: 'diversions',
    summary: 'no file of the build stands for a real one',
    find: (evidence) =>
      present(
        evidence.entriesMatching(/\.(REAL|dib-orig)$|^\/etc\/resolv\.conf\.ORIG$/),
        'is a leftover of the build',
      ),
  },
  {
    rule: 'temporary-files',
    summary: '/tmp and /var/tmp are empty',
    find: (evidence) => [
      ...present(evidence.entriesUnder('/tmp'), 'was left by the build'),
      ...present(evidence.entriesUnder('/var/tmp'), 'was left by the build'),
    ],
  },
  {
    rule: 'environment-dump',
    summary: "the builder's environment is not in the image",
    find: (evidence) =>
      present(
        evidence.entriesMatching(/\/dib_(environment|arguments)$/),
        'tells the environment of the build',
      ),
  },
];

const present = (
  entries: readonly (readonly [string, ...unknown[]])[],
  reason: string,
): readonly Violation[] => entries.map(([path]) => ({ path, reason }));
