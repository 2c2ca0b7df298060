import type { OutputSpec } from './inputs.ts';

export const outputTable = [
  {
    name: 'image-path',
    summary: 'Path of the image (of the first format, when there are several).',
  },
  { name: 'image-name', summary: 'Name of the image without extension.' },
  {
    name: 'sha256',
    summary: 'SHA-256 of the file at image-path; also the digest of its artifact.',
  },
  { name: 'size', summary: 'Size of that file in bytes.' },
  { name: 'manifest-path', summary: 'Path of manifest.json.' },
  { name: 'log-path', summary: 'Path of the build log, scrubbed of secrets.' },
  { name: 'build-id', summary: 'Digest of all that determines the content of the image.' },
  {
    name: 'layers',
    summary:
      'JSON list of the layers: position, result (hit or miss), reason, saved, sizeBytes, ageMs, costMs.',
  },
  { name: 'artifact-id', summary: "Id of the image's artifact; empty when nothing was uploaded." },
  {
    name: 'artifact-url',
    summary: "URL of the image's artifact; empty when nothing was uploaded.",
  },
  { name: 'verify-result', summary: 'passed, or off.' },
  { name: 'duration', summary: 'Seconds from start to end.' },
] as const satisfies readonly OutputSpec[];

export type OutputName = (typeof outputTable)[number]['name'];
export type Outputs = Readonly<Record<OutputName, string>>;
