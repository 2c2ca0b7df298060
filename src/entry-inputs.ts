import { readFileSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { chooseImage, mergeExplicit, placeProblems } from './core/catalogue/choose.ts';
import { readCatalogue } from './core/catalogue/read.ts';
import { findNearest } from './core/inputs/nearest.ts';
import { type Caller, readInputs } from './core/inputs/read.ts';
import { failure, type Problem, TroveImageError } from './errors.ts';
import { type Catalogue, catalogueFile } from './model/catalogue.ts';
import { inputTable } from './model/input-table.ts';
import type { Inputs } from './model/inputs.ts';

type Texts = Readonly<Record<string, string | undefined>>;

/** The inputs of a build: those that the caller gives, and, for an image of the catalogue, those that it names. */
export function readEntryInputs(
  { image = '', catalogue = '', ...explicit }: Texts,
  caller: Caller,
): Inputs {
  if (image.trim() === '') return readInputs(explicit, caller);
  const { fileName, ...found } = openCatalogue(catalogue, caller.cwd);
  const chosen = chooseImage({ fileName, ...found }, image.trim(), findNearest);
  const { raw, origins } = mergeExplicit(chosen, explicit);
  try {
    return readInputs(raw, caller);
  } catch (error) {
    if (!(error instanceof TroveImageError)) throw error;
    throw new TroveImageError(error.kind, placeProblems(error.problems, fileName, origins));
  }
}

/** The catalogue at a path, by default trove-images.yml here. */
export function openCatalogue(path: string, cwd: string): Catalogue {
  const name = path.trim() || catalogueFile;
  return readCatalogue(
    readText(isAbsolute(name) ? name : join(cwd, name), name),
    name,
    inputTable,
    findNearest,
  );
}

function readText(path: string, name: string): string {
  try {
    // not to wait for a pipe for ever
    if (!statSync(path).isFile()) throw new Error('it is no file');
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw failure(
      'input',
      'no-catalogue',
      `catalogue: ${name} cannot be read: ${(error as Error).message}.`,
      'Name the file in catalogue, or leave image out.',
    );
  }
}

/** What an action was given: an input that has its default was not. */
export const dropDefaults = (
  raw: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> => {
  const defaults = new Map<string, string>(inputTable.map((spec) => [spec.name, spec.default]));
  return Object.fromEntries(
    Object.entries(raw).filter(([name, text]) => text !== defaults.get(name)),
  );
};

/** What a build with these inputs would be refused for. */
export function findMistakes(raw: Texts): readonly Problem[] {
  try {
    readInputs(raw, { cwd: process.cwd(), temporaryDir: '/var/tmp', cacheDir: '/var/cache' });
    return [];
  } catch (error) {
    if (error instanceof TroveImageError) return error.problems;
    throw error;
  }
}
