import { basename, dirname, extname } from 'node:path/posix';
import { type GuestAgent, imageFormats } from '../../model/inputs.ts';
import type { InputReader } from './reader.ts';
import { isImageName } from './values.ts';

export interface Names {
  /** A template, see core/image/name.ts. */
  readonly imageName: string;
  readonly formats: readonly string[];
  readonly outputDir: string;
}

/** Works out name, formats and directory from `output`, or from image-name, formats and output-dir. */
export function readNames(
  reader: InputReader,
  raw: Readonly<Record<string, string | undefined>>,
  guestAgent: GuestAgent,
): Names {
  const output = reader.text('output');
  if (output !== '') return readOutput(reader, raw, output);
  const imageName = reader.text('image-name');
  checkTemplate(reader, imageName, guestAgent);
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

/** Refuses what cannot become a file name whatever is filled in, and placeholders that nothing is known for. */
function checkTemplate(reader: InputReader, template: string, guestAgent: GuestAgent): void {
  const known = ['os', 'release', 'architecture', 'trove', 'branch', 'datastore'];
  const used = [...template.matchAll(/\{([a-z]+)\}/g)].map(([, name]) => name as string);
  const sample = template.replace(/\{([a-z]+)\}/g, (whole, name) =>
    known.includes(name) ? 'x' : whole,
  );
  if (!isImageName(sample.replace(/\[([^[\]]*)\]/g, '$1'))) reader.refuse('image-name', template);
  if (used.includes('branch') && guestAgent === 'package')
    reader.refuse('image-name', template, ' {branch} is known with guest-agent: source only.');
  if (used.includes('trove') && guestAgent === 'source')
    reader.refuse(
      'image-name',
      template,
      ' {trove} is known with guest-agent: package only; use {branch}.',
    );
  if (used.includes('datastore') && reader.text('datastores') === '')
    reader.refuse(
      'image-name',
      template,
      ' {datastore} is the first of datastores, and there is none.',
    );
}
