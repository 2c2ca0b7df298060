import type { OutputFile } from '../../model/image.ts';
import type { LayerReport } from '../../model/layers.ts';
import type { Manifest } from '../../model/manifest.ts';
import type { Outputs } from '../../model/output-table.ts';

export interface Finished {
  readonly manifest: Manifest;
  readonly files: readonly OutputFile[];
  readonly paths: { readonly manifest: string; readonly log: string };
  readonly layers: readonly LayerReport[];
  readonly artifact: { readonly id: string; readonly url: string } | null;
  readonly durationMs: number;
}

/** The outputs of a finished build; where there are several formats, those of the first. */
export function composeOutputs(finished: Finished): Outputs {
  const { manifest, files, artifact } = finished;
  const image = files[0];
  return {
    'image-path': image?.path ?? '',
    'image-name': image?.fileName.replace(/\.[^.]+$/, '') ?? '',
    sha256: image?.sha256 ?? '',
    size: String(image?.sizeBytes ?? ''),
    'manifest-path': finished.paths.manifest,
    'log-path': finished.paths.log,
    'build-id': manifest.buildId,
    layers: JSON.stringify(finished.layers),
    'artifact-id': artifact?.id ?? '',
    'artifact-url': artifact?.url ?? '',
    'verify-result': manifest.checks.length > 0 ? 'passed' : 'off',
    duration: String(Math.round(finished.durationMs / 1000)),
  };
}
