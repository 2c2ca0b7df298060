import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { projectDirectory } from './checkout.ts';

/** The texts of all code blocks of one language in a document, whose path is below the project. */
export function readCodeBlocks(path: string, language: string): readonly string[] {
  const text = readFileSync(join(projectDirectory, path), 'utf8');
  const blocks = text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm);
  return [...blocks].filter((block) => block[1] === language).map((block) => block[2] ?? '');
}
