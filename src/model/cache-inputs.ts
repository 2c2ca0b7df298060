import type { InputSpec } from './inputs.ts';
import { cacheBackends, cacheModes } from './layers.ts';

/** The rows of the input table about the cache. */
export const cacheInputs = [
  {
    name: 'cache',
    group: 'cache',
    default: 'auto',
    choices: ['auto', ...cacheModes],
    summary:
      'Layers of earlier builds: read-write uses and keeps them, read only uses them, write keeps new ones only, off does neither; auto is read-write, and off for a build that publishes.',
    accepts: 'auto, read-write, read, write or off',
    placeholder: 'MODE',
  },
  {
    name: 'cache-backend',
    group: 'cache',
    default: 'auto',
    choices: cacheBackends,
    summary:
      "Where layers are kept: github (the cache service of the workflow), directory, or auto (GitHub's where there is one).",
    accepts: 'auto, github or directory',
    placeholder: 'WHERE',
  },
  {
    name: 'cache-path',
    group: 'cache',
    default: '',
    summary:
      'Directory of layers and finished images, when the cache is one; by default trove-image/layers in the cache directory of the user.',
    accepts:
      'a directory that can be written, or can be made, whose path holds no space, colon, quote, $ or backslash',
    placeholder: 'DIR',
  },
  {
    name: 'cache-max-age',
    group: 'cache',
    default: '7',
    summary:
      'Days after which a layer is not used any more; layers whose scripts fetch from other places than package archives are used for one day at most.',
    accepts: 'a whole number from 0 to 365',
    placeholder: 'DAYS',
  },
  {
    name: 'cache-max-size',
    group: 'cache',
    default: '20',
    summary: 'GiB that the cache directory may take; what was not used for longest goes first.',
    accepts: 'a whole number from 1 to 10000',
    placeholder: 'GIB',
  },
] as const satisfies readonly InputSpec[];
