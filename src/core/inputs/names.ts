import { basename, dirname, extname } from 'node:path/posix';
import { type Architecture, imageFormats } from '../../model/inputs.ts';
import type { GuestRelease } from '../../model/releases.ts';
import type { InputReader } from './reader.ts';
import { isImageName } from './values.ts';

export interface Names {
  readonly imageName: string;
  readonly formats: readonly string[];
  readonly outputDir: string;
}

/** Works out name, formats and directory from `output`, or from image-name, formats and output-dir. */
export function readNames(
  reader: InputReader,
  raw: Readonly<Record<string, string | undefined>>,
  release: GuestRelease,
  architecture: Architecture,
): Names {
  const output = reader.text('output');
  if (output !== '') return readOutput(reader, raw, output);
  const imageName = fillIn(reader.text('image-name'), release, architecture);
  if (!isImageName(imageName)) reader.refuse('image-name', reader.text('image-name'));
  return {
    imageName,
    formats: reader.list('formats', (part) => (imageFormats as readonly string[]).includes(part)),
    outputDir: readDirectory(reader, 'output-dir', reader.text('output-dir')),
  };
}

function readOutput(
  reader: InputReader,
  raw: Readonly<Record<string, string | undefined>>,
  output: string,
): Names {
  const extension = extname(output).slice(1);
  const imageName = basename(output, extname(output));
  if (!(imageFormats as readonly string[]).includes(extension) || !isImageName(imageName)) {
    reader.refuse('output', output);
  }
  for (const other of ['output-dir', 'image-name', 'formats'] as const) {
    const value = raw[other]?.trim() ?? '';
    if (value !== '' && value !== reader.defaultOf(other)) {
      reader.refuse(
        'output',
        output,
        ` It replaces ${other}, which is ${JSON.stringify(value)}: give one of them.`,
      );
    }
  }
  return {
    imageName,
    formats: [extension],
    outputDir: readDirectory(reader, 'output', dirname(output)),
  };
}

function readDirectory(reader: InputReader, name: 'output' | 'output-dir', path: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  if (/[\u0000-\u001f\u007f]/.test(path) || path.length > 1024) reader.refuse(name, path);
  return path;
}

function fillIn(template: string, release: GuestRelease, architecture: Architecture): string {
  const values: Readonly<Record<string, string>> = {
    os: release.os,
    release: release.codename,
    architecture,
    trove: String(release.packagedTrove),
  };
  return template.replace(/\{([a-z]+)\}/g, (whole, name: string) => values[name] ?? whole);
}
