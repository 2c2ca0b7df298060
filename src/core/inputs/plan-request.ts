import { TroveImageError } from '../../errors.ts';
import { type Architecture, architectures, type InputSpec } from '../../model/inputs.ts';
import type { PlanRequest } from '../../model/matrix.ts';
import { type PlanInputName, planInputs } from '../../model/plan-inputs.ts';
import { absolute } from './paths.ts';
import { createReader, findUnknown, type InputReader } from './reader.ts';
import { isSafePath, splitList } from './values.ts';

type Reader = InputReader<PlanInputName>;

/** What the action and the command that plan were asked for; throws one error that lists every mistake. */
export function readPlanRequest(
  raw: Readonly<Record<string, string | undefined>>,
  cwd: string,
  buildInputs: readonly InputSpec[],
): PlanRequest {
  const reader = createReader<PlanInputName>(planInputs, raw);
  const request = {
    catalogue: raw.catalogue?.trim() ?? '',
    base: readBase(reader),
    images: reader.list('images', (name) => /^[A-Za-z0-9._*-]{1,128}$/.test(name)),
    published: readPublished(reader, cwd),
    runners: readRunners(reader),
    foresees: reader.choice<'off' | 'read'>('cache') === 'read',
    explicit: {
      ...readExplicit(reader, buildInputs),
      // of the run, and checked there
      'cache-backend': reader.choice('cache-backend'),
      'cache-path': reader.text('cache-path'),
      install: reader.choice('install'),
    },
  };
  const mistakes = [...findUnknown(raw, planInputs), ...reader.mistakes];
  if (mistakes.length > 0) throw new TroveImageError('input', mistakes);
  return request;
}

/** A name for git, and no option; forty zeros are how GitHub writes that there is none. */
function readBase(reader: Reader): string {
  const base = reader.text('base');
  if (/^0{40,64}$/.test(base)) return '';
  if (base !== '' && !/^[A-Za-z0-9@_][A-Za-z0-9@_./^~{}+-]{0,255}$/.test(base))
    reader.refuse('base', base);
  return base;
}

function readPublished(reader: Reader, cwd: string): PlanRequest['published'] {
  const words = reader.list('published', (word) => isSafePath(word));
  const isId = (word: string): boolean => /^[0-9a-f]{64}$/.test(word);
  if (words.length === 0) return null;
  return {
    ids: words.filter(isId),
    manifests: words.filter((word) => !isId(word)).map((word) => absolute(word, cwd)),
  };
}

function readRunners(reader: Reader): Readonly<Record<Architecture, string>> {
  const pattern = /^(amd64|arm64)=([A-Za-z0-9][A-Za-z0-9._-]{0,127})$/;
  const pairs = reader.list('runners', (pair) => pattern.test(pair));
  const given = new Map(pairs.map((pair) => pair.split('=') as [string, string]));
  const usual = new Map(
    splitList(reader.defaultOf('runners'), 'words').map(
      (pair) => pair.split('=') as [string, string],
    ),
  );
  const label = (name: Architecture): string => given.get(name) ?? usual.get(name) ?? '';
  const [amd64, arm64] = architectures;
  return { [amd64]: label(amd64), [arm64]: label(arm64) };
}

/** Inputs of the plan itself, and what a build of one image has beside them. */
const elsewhere = ['image', 'catalogue', 'dry-run', 'install', 'cache-backend', 'cache-path'];

function readExplicit(
  reader: Reader,
  specs: readonly InputSpec[],
): Readonly<Record<string, string>> {
  const values: Record<string, string> = {};
  for (const line of reader.list('inputs', () => true)) {
    const [, name = '', value = ''] = /^([a-z-]+)\s*=(.*)$/.exec(line) ?? [];
    const spec = specs.find((each) => each.name === name);
    const why = describeRefusal(name, spec);
    if (why !== null) reader.refuse('inputs', spec?.secret ? `${name}=…` : line, why);
    const before = spec?.list === undefined ? undefined : values[name];
    values[name] = before === undefined ? value.trim() : `${before}\n${value.trim()}`;
  }
  return values;
}

function describeRefusal(name: string, spec: InputSpec | undefined): string | null {
  if (name === '') return ' A line is NAME=VALUE.';
  if (spec === undefined) return ` A build has no input ${name}.`;
  if (spec.secret === true)
    return ` ${name} is a secret: what the image is does not depend on its value.`;
  return elsewhere.includes(name) ? ` ${name} does not belong there.` : null;
}
