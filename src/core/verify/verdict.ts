import { failure } from '../../errors.ts';
import { type Check, type Verdict, verdictVersion, verifyLevels } from '../../model/verify.ts';

/** What the parts of a verification have found. */
export interface Findings extends Omit<Verdict, 'verdictVersion' | 'passed' | 'startedAt'> {
  readonly startedAtMs: number;
}

/** Puts findings into the published form. */
export function composeVerdict({ startedAtMs, ...findings }: Findings): Verdict {
  const { level, imageSha256, buildId, accelerator, checks, causes } = findings;
  return {
    verdictVersion,
    level,
    imageSha256,
    buildId,
    passed: didPass(checks),
    startedAt: new Date(startedAtMs).toISOString(),
    accelerator,
    checks,
    causes,
  };
}

const didPass = (checks: readonly Check[]): boolean =>
  checks.length > 0 && checks.every(({ ok }) => ok);

/** Reads verify.json, which may come from anywhere; throws an input error that says what is wrong with it. */
export function readVerdict(raw: string): Verdict {
  const value = parse(raw);
  const wrong = findWrong(value);
  if (wrong === null) return value as Verdict;
  throw failure(
    'input',
    'verdict-invalid',
    `verify.json is not a verdict of trove-image verify: ${wrong}.`,
    'Take the one that was written beside this image, or verify the image again.',
  );
}

function parse(raw: string): unknown {
  try {
    return JSON.parse(raw);
  } catch {
    return undefined;
  }
}

function findWrong(value: unknown): string | null {
  if (typeof value !== 'object' || value === null) return 'it is no JSON object';
  const verdict = value as Readonly<Record<string, unknown>>;
  if (verdict.verdictVersion !== verdictVersion)
    return `verdictVersion is ${JSON.stringify(verdict.verdictVersion)}, not ${verdictVersion}`;
  if (!verifyLevels.some((level) => level === verdict.level)) return 'level is unknown';
  if (!/^[0-9a-f]{64}$/.test(String(verdict.imageSha256))) return 'imageSha256 is no digest';
  if (verdict.buildId !== null && !/^[0-9a-f]{64}$/.test(String(verdict.buildId)))
    return 'buildId is no digest';
  if (typeof verdict.passed !== 'boolean') return 'passed is neither true nor false';
  if (Number.isNaN(Date.parse(String(verdict.startedAt)))) return 'startedAt is no time';
  if (!['kvm', 'tcg', null].includes(verdict.accelerator as string))
    return 'accelerator is unknown';
  if (!isListOf(verdict.checks, isCheck)) return 'checks is no list of checks';
  if (!isListOf(verdict.causes, isCause)) return 'causes is no list of causes';
  const { checks, passed } = verdict as unknown as Verdict;
  if (passed !== didPass(checks)) return 'passed is not what its checks say';
  return null;
}

type Fields = Readonly<Record<string, unknown>>;

const isListOf = (value: unknown, isOne: (fields: Fields) => boolean): boolean =>
  Array.isArray(value) &&
  value.every((each) => typeof each === 'object' && each !== null && isOne(each as Fields));

const areTexts = (fields: Fields, names: readonly string[]): boolean =>
  names.every((name) => typeof fields[name] === 'string');

const isCheck = (fields: Fields): boolean =>
  areTexts(fields, ['id', 'expected', 'found']) &&
  typeof fields.ok === 'boolean' &&
  typeof fields.ms === 'number';

const isCause = (fields: Fields): boolean =>
  areTexts(fields, ['code', 'message', 'hint']) &&
  Array.isArray(fields.lines) &&
  fields.lines.every((line) => typeof line === 'string');
