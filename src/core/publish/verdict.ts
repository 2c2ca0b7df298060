import { failure } from '../../errors.ts';
import type { ImageVerdict } from './image.ts';

/** Reads a verify.json, as far as publishing needs it; throws when it is none. */
export function readVerdictText(text: string): ImageVerdict {
  let raw: Partial<Record<'level' | 'imageSha256' | 'passed', unknown>>;
  try {
    raw = JSON.parse(text) ?? {};
  } catch {
    raw = {};
  }
  const { level, imageSha256, passed } = raw;
  const isLevel = level === 'inspect' || level === 'boot' || level === 'agent';
  if (isLevel && typeof imageSha256 === 'string' && typeof passed === 'boolean')
    return { level, imageSha256: imageSha256.toLowerCase(), passed };
  throw failure(
    'input',
    'verdict-invalid',
    'verdict-path: the file is no verdict of a verification: level, imageSha256 and passed have to be there.',
    'Give the verify.json that trove-image verify wrote beside the image.',
  );
}
