import type { GuestEvidence, ImageHints } from '../../model/guest.ts';
import type { Cause, Check } from '../../model/verify.ts';
import type { FailedBy } from './conclude.ts';
import { findMilestones } from './console.ts';
import { cutAround, explainConsole, noBootloader, noDatasource } from './console-causes.ts';
import { explainReport } from './report-causes.ts';

const lastLines = 10;

/** Why a guest failed; the first cause is what led to the others. */
export function explain(
  evidence: GuestEvidence,
  checks: readonly Check[],
  hints: ImageHints,
  why: FailedBy,
): readonly Cause[] {
  const { console, report } = evidence;
  const fatal = explainConsole(console);
  if (fatal !== null) return [fatal];
  if (!hints.hasBootCode && findMilestones(console).kernel === undefined)
    return [{ ...noBootloader, lines: tail(console) }];
  const causes = [
    ...explainSpace(evidence),
    ...(report === null ? [] : explainReport(report, checks)),
  ].filter(({ code }, index, all) => all.findIndex((each) => each.code === code) === index);
  if (causes.length > 0 && why !== 'ended') return causes;
  if (why === 'ended') return [describeEnd(evidence)];
  return [report === null ? explainSilence(evidence, hints, why) : describeHanging(evidence, why)];
}

/** A full disk keeps cloud-init from running anything, the report too: the console then tells of it. */
function explainSpace({ console, report }: GuestEvidence): readonly Cause[] {
  const index = console.findIndex(({ text }) => /No space left on device/.test(text));
  if (index < 0 || report !== null) return [];
  return [
    {
      code: 'boot-disk-full',
      message: 'The root file system is full: nothing can be written at the first boot.',
      hint: 'Let image-size be larger, or the image hold less.',
      lines: cutAround(console, index),
    },
  ];
}

/** The system came up, or should have, and cloud-init did nothing of what the config drive says. */
function explainSilence(evidence: GuestEvidence, hints: ImageHints, why: FailedBy): Cause {
  const { console } = evidence;
  if (findMilestones(console).login === undefined && why !== 'grace')
    return describeHanging(evidence, why);
  if (hints.hasCloudInit === false) {
    return {
      code: 'boot-no-cloud-init',
      message: 'The image has no cloud-init: nothing reads what Trove injects.',
      hint: 'Build with the element cloud-init-datasources, and let no later hook remove the package.',
      lines: tail(console),
    };
  }
  const spoken = findLines(console, /cloud-init|ds-identify/i);
  const without = findLines(console, noDatasource);
  if (spoken.length === 0 || without.length > 0) {
    const list = hints.datasources ? ` (datasource_list: [${hints.datasources}])` : '';
    return {
      code: 'boot-no-datasource',
      message: `cloud-init found no source of data${list}, or is switched off.`,
      hint: 'Let datasource_list in /etc/cloud/cloud.cfg.d hold ConfigDrive and OpenStack; /etc/cloud/cloud-init.disabled must not be there.',
      lines: without.length > 0 ? without : tail(console),
    };
  }
  return {
    code: 'boot-cloud-init-failed',
    message: 'cloud-init ran, but not what the config drive brings.',
    hint: 'The lines are what it said. Its configuration may switch off vendor data or the module bootcmd.',
    lines: spoken,
  };
}

const findLines = (console: GuestEvidence['console'], pattern: RegExp): readonly string[] =>
  tail(console.filter(({ text }) => pattern.test(text)));

function describeHanging({ console, report, lastWordMs }: GuestEvidence, why: FailedBy): Cause {
  const seconds = Math.round(lastWordMs / 1000);
  const jobs = report?.system.jobs ?? [];
  const waiting = jobs.length > 0 ? ` It waits for ${jobs.join(', ')}.` : '';
  const what = {
    silence: `The guest has not said a word since ${seconds} s after power-on.`,
    'time limit': 'The guest was not up when its time was over.',
    grace: 'The guest did not become what Trove needs.',
  };
  const message = why === 'silence' || why === 'grace' ? what[why] : what['time limit'];
  return {
    code: 'boot-hangs',
    message: `${message}${waiting}`,
    hint: 'The last lines of its console show how far it came. On a slow or busy machine, give it more time: --timeout.',
    lines: tail(console),
  };
}

const describeEnd = ({ console, end }: GuestEvidence): Cause => ({
  code: 'boot-guest-ended',
  message: `The guest switched itself off or began to start again (exit code ${end?.exitCode}).`,
  hint: 'The last lines of its console say what it was at: a kernel that panics without a word, a watchdog, or a unit that powers off.',
  lines: tail(console),
});

const tail = (console: GuestEvidence['console']): readonly string[] =>
  console
    .filter(({ text }) => text.trim() !== '')
    .slice(-lastLines)
    .map(({ text }) => text.slice(0, 200));
