/** The file that is looked for when nobody names another one. */
export const catalogueFile = 'trove-images.yml';
/** Raised by a change that breaks catalogues that exist. */
export const catalogueVersion = '1';
/** A matrix of GitHub takes no more jobs. */
export const mostImages = 256;

/** One image of a catalogue, with nothing left to work out. */
export interface CatalogueImage {
  /** Name for people, command lines and job matrices: letters, digits, `.`, `_` and `-`. */
  readonly id: string;
  /** Name of the entry that it comes from. */
  readonly from: string;
  /** Texts of the inputs by their names; what is not there takes its default. */
  readonly raw: Readonly<Record<string, string>>;
  /** Where each of these texts stands: `FILE:LINE:COLUMN`. */
  readonly origins: Readonly<Record<string, string>>;
}

export interface Catalogue {
  readonly fileName: string;
  /** In the order of the file. */
  readonly images: readonly CatalogueImage[];
  /** Names of entries that are only inherited from. */
  readonly abstract: readonly string[];
}

/** Inputs of the machine and of the moment, which are the same whatever image is built: no catalogue has them. */
export const inputsOfRun: readonly string[] = [
  'catalogue',
  'image',
  'output',
  'output-dir',
  'install',
  'cache-backend',
  'cache-path',
  'cache-max-size',
  'work-dir',
  'dry-run',
];

/** What a nearer value takes the meaning from: the farther values of these inputs are forgotten. */
export const displacements: readonly {
  readonly by: string;
  /** Only for this value. */
  readonly value?: string;
  readonly inputs: readonly string[];
}[] = [
  { by: 'output', inputs: ['output-dir', 'image-name', 'formats'] },
  { by: 'trove-path', inputs: ['trove-repository', 'trove-ref'] },
  { by: 'trove-repository', inputs: ['trove-path'] },
  { by: 'trove-ref', inputs: ['trove-path'] },
  { by: 'mirror', inputs: ['mirror-security'] },
  {
    by: 'dev-mode',
    value: 'false',
    inputs: [
      'ssh-dir',
      'controller-address',
      'controller-user',
      'controller-trove-path',
      'sync-guest-logs',
    ],
  },
];
