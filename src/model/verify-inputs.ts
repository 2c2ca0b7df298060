import type { InputSpec, OutputSpec } from './inputs.ts';
import { verifyLevels } from './verify.ts';

/** The inputs of the action that verifies. */
export const verifyInputs = [
  {
    name: 'image-path',
    group: 'file',
    default: '',
    summary: 'Path of the image; verify.json and the console of the guest are written beside it.',
    accepts: 'the path of an image: qcow2, raw, vmdk, vhd',
    placeholder: 'FILE',
  },
  {
    name: 'level',
    group: 'run',
    default: 'boot',
    choices: verifyLevels,
    summary:
      'inspect (the rules of the image check), boot (start it as Trove would), agent (let the guest agent answer over a real message bus); each holds those before it.',
    accepts: 'inspect, boot or agent',
    placeholder: 'LEVEL',
  },
  {
    name: 'datastore',
    group: 'run',
    default: '',
    summary:
      'The embedded datastore that the agent shall serve, as NAME or NAME:VERSION; by default the first one in the image.',
    accepts: 'a datastore whose container image is in the image',
    placeholder: 'NAME',
  },
  {
    name: 'timeout',
    group: 'run',
    default: '',
    summary: 'Seconds that the guest may take; by default what suits KVM or emulation.',
    accepts: 'a number of seconds',
    placeholder: 'SECONDS',
  },
  {
    name: 'install',
    group: 'run',
    default: 'auto',
    choices: ['auto', 'none'],
    summary: 'How missing programs get here: auto (apt), none.',
    accepts: 'auto or none',
    placeholder: 'HOW',
  },
  {
    name: 'work-dir',
    group: 'run',
    default: '',
    summary: 'Directory for the temporary disks; by default RUNNER_TEMP, else /var/tmp.',
    accepts: 'a directory whose path holds no space, colon, quote, $ or backslash',
    placeholder: 'DIR',
  },
] as const satisfies readonly InputSpec[];

export const verifyOutputTable = [
  { name: 'verify-result', summary: 'passed or failed.' },
  { name: 'verdict-path', summary: 'Path of verify.json.' },
  { name: 'console-path', summary: "Path of the guest's console." },
  { name: 'failed-checks', summary: 'Ids of the checks that do not hold, separated by spaces.' },
] as const satisfies readonly OutputSpec[];
