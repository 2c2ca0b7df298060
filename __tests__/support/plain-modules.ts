import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { transformSync } from '@swc/core';
import { projectDirectory } from './checkout.ts';

/**
 * Writes a module of `src/`, and all that it imports from there, as plain JavaScript below `directory`: for processes
 * of their own, which know nothing of types. Returns the path of the module.
 */
export function writePlainModule(module: string, directory: string): string {
  const written = new Set<string>();
  const write = (source: string): void => {
    if (written.has(source)) return;
    written.add(source);
    const { code } = transformSync(readFileSync(source, 'utf8'), {
      swcrc: false,
      jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    });
    const target = locate(source, directory);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(
      target,
      code.replace(/(from ')(\.[^']+)\.ts(')/g, (_, before, specifier, after) => {
        write(join(dirname(source), `${specifier}.ts`));
        return `${before}${specifier}.mjs${after}`;
      }),
    );
  };
  const source = join(projectDirectory, 'src', module);
  write(source);
  return locate(source, directory);
}

const locate = (source: string, directory: string): string =>
  join(directory, relative(join(projectDirectory, 'src'), source)).replace(/\.ts$/, '.mjs');
