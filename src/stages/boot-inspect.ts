import { contentPaths } from '../core/checks/evidence.ts';
import { checkHygiene } from '../core/checks/hygiene.ts';
import { explainReader } from '../core/diff/reader.ts';
import { describeImage, hasBootCode, type ImageRecord } from '../core/verify/record.ts';
import type { TroveImageError } from '../errors.ts';
import type { ImageDriver } from '../model/diff.ts';
import type { ImageHints, Proof } from '../model/guest.ts';
import type { CheckResult, ImageFacts } from '../model/image.ts';
import type { Workspace } from '../model/plan.ts';
import type { Cause, Check } from '../model/verify.ts';
import type { Commands } from '../ports/commands.ts';
import type { ImageFiles } from '../ports/image-files.ts';

const mostLines = 10;

export interface InspectPorts {
  readonly commands: Commands;
  readonly imageFiles: ImageFiles;
}

export interface Inspected {
  readonly checks: readonly Check[];
  readonly causes: readonly Cause[];
  /** User that the guest agent runs as; null when the image could not be read. */
  readonly username: string | null;
  readonly hints: ImageHints;
}

/** Judges the file system of a raw image by the rules of the image check; throws what is no fault of the image. */
export async function inspectRaw(
  ports: InspectPorts,
  image: { readonly path: string; readonly rawPath: string },
  record: ImageRecord | null,
  workspace: Workspace,
  hostDir: string,
): Promise<Inspected> {
  const result = await ports.commands.run(
    [
      ...(['/usr/bin/python3', '-I'] as const),
      `${hostDir}/read-image`,
      image.rawPath,
      ...['--mount-point', `${workspace.path}/mount`],
      ...contentPaths.flatMap((path) => ['--content', path]),
    ],
    { asRoot: true },
  );
  const disk = await ports.imageFiles.look(image.rawPath);
  const boots = disk.kind === 'file' && hasBootCode(disk.head);
  if (result.exitCode !== 0) return describeUnreadable(explainReader(image.path, result), boots);
  const facts = JSON.parse(result.stdout) as ImageFacts;
  const nature = describeImage(facts, record);
  const results = checkHygiene(facts, nature);
  return {
    checks: results.map(toCheck),
    causes: results.filter(({ violations }) => violations.length > 0).map(toCause),
    username: nature.username,
    hints: {
      hasBootCode: boots,
      hasCloudInit: nature.hasCloudInit,
      datasources: nature.datasources,
    },
  };
}

/** Lets qemu-img look for errors in the file itself; only qcow2 has something to look at. */
export async function checkFile(
  { commands }: InspectPorts,
  { path, driver }: { readonly path: string; readonly driver: ImageDriver },
): Promise<Proof> {
  if (driver !== 'qcow2') return { checks: [], causes: [] };
  const argv = ['qemu-img', 'check', '-q', '-f', driver, path] as const;
  const { exitCode, stdout, stderr } = await commands.run([...argv]);
  const ok = exitCode === 0;
  const found = ok ? 'no errors' : `qemu-img check ends with exit code ${exitCode}`;
  const check = { id: 'image-file', expected: 'qemu-img finds no errors', found, ok, ms: 0 };
  const cause = {
    code: 'image-damaged',
    message: `${path} has errors: ${found}.`,
    hint: 'Compare its SHA-256 with the one of its origin, and fetch or build it again.',
    lines: `${stdout}${stderr}`.trim().split('\n').slice(-mostLines),
  };
  return { checks: [check], causes: ok ? [] : [cause] };
}

function describeUnreadable(error: TroveImageError, hasBootCode: boolean): Inspected {
  const [problem] = error.problems;
  if (error.kind !== 'input' || problem === undefined) throw error;
  const { code, message, hint } = problem;
  const hints = { hasBootCode, hasCloudInit: null, datasources: null };
  const check = {
    id: 'image-readable',
    expected: 'an ext4 or xfs root file system',
    found: message,
    ok: false,
    ms: 0,
  };
  return { checks: [check], causes: [{ code, message, hint, lines: [] }], username: null, hints };
}

const toCheck = ({ rule, summary, violations }: CheckResult): Check => ({
  id: rule,
  expected: summary,
  found: violations.map(({ path, reason }) => `${path}: ${reason}`).join('; ') || 'holds',
  ok: violations.length === 0,
  ms: 0,
});

const toCause = ({ rule, summary, violations }: CheckResult): Cause => ({
  code: `check-${rule}`,
  message: `The image breaks a rule: ${summary}.`,
  hint: `Rule ${rule} of the image check (docs/image-checks.md); an element or package has to tidy up after itself.`,
  lines: violations.map(({ path, reason }) => `${path}: ${reason}`),
});
