import type { InputSpec, OutputSpec } from './inputs.ts';
import { installModes } from './inputs.ts';
import { cacheBackends } from './layers.ts';

/** The inputs of the action and command that plan a matrix. */
export const planInputs = [
  {
    name: 'catalogue',
    group: 'run',
    default: 'trove-images.yml',
    summary: 'File that names images and their inputs.',
    accepts: 'the path of a YAML file',
    placeholder: 'FILE',
  },
  {
    name: 'images',
    group: 'run',
    default: '',
    list: 'words',
    summary:
      'Images of the catalogue to look at, separated by spaces, commas or lines; by default all.',
    accepts: 'names of images; * stands for anything',
    placeholder: 'NAMES',
  },
  {
    name: 'base',
    group: 'run',
    default: '',
    summary:
      'Commit to compare with: only images whose content differs are built. By default nothing is compared, and all are.',
    accepts: 'a branch, tag or commit of this repository, such as HEAD^1 or origin/main',
    placeholder: 'COMMIT',
  },
  {
    name: 'published',
    group: 'run',
    default: '',
    list: 'words',
    summary:
      'What is published: images with these build ids are not built. Build ids, or paths of manifest.json files or of directories that hold some, separated by spaces, commas or lines; a manifest also tells what moved since.',
    accepts: 'build ids of 64 hexadecimal digits, and paths',
    placeholder: 'IDS',
  },
  {
    name: 'inputs',
    group: 'run',
    default: '',
    list: 'lines',
    summary:
      'Inputs that the builds are given beside image, one NAME=VALUE per line; they win over the catalogue, as there.',
    accepts: 'lines NAME=VALUE with inputs of a build, no secrets',
    placeholder: 'LINES',
  },
  {
    name: 'runners',
    group: 'run',
    default: 'amd64=ubuntu-latest arm64=ubuntu-24.04-arm',
    list: 'words',
    summary: 'Runner of each architecture, which the matrix names.',
    accepts: 'ARCHITECTURE=LABEL, for amd64 and arm64',
    placeholder: 'NAMES',
  },
  {
    name: 'cache',
    group: 'run',
    default: 'off',
    choices: ['off', 'read'],
    summary:
      'Look into the layers of earlier builds to foretell what each build takes: read, or off.',
    accepts: 'off or read',
    placeholder: 'MODE',
  },
  {
    name: 'cache-backend',
    group: 'run',
    default: 'auto',
    choices: cacheBackends,
    summary:
      "Where layers are kept: github (the cache service of the workflow), directory, or auto (GitHub's where there is one).",
    accepts: 'auto, github or directory',
    placeholder: 'WHERE',
  },
  {
    name: 'cache-path',
    group: 'run',
    default: '',
    summary:
      'Directory of layers and finished images, when the cache is one; by default trove-image/layers in the cache directory of the user.',
    accepts: 'a directory whose path holds no space, colon, quote, $ or backslash',
    placeholder: 'DIR',
  },
  {
    name: 'install',
    group: 'run',
    default: 'auto',
    choices: installModes,
    summary:
      'How tools get here that a build id depends on, where published is given: as a build gets them. Nothing is installed without published.',
    accepts: 'auto, pip, apt or none',
    placeholder: 'HOW',
  },
] as const satisfies readonly InputSpec[];

export type PlanInputName = (typeof planInputs)[number]['name'];

export const planOutputs = [
  {
    name: 'matrix',
    summary:
      'JSON for strategy.matrix: include, a list of image, runner, reasons and predicted; empty when there is nothing to build.',
  },
  {
    name: 'has-work',
    summary: 'true when the matrix has a job: the condition of the job that builds.',
  },
  {
    name: 'any',
    summary:
      'true when an image changed or was asked for, also if all of them are published already.',
  },
  { name: 'images', summary: 'JSON list of the names of the images to build.' },
  { name: 'count', summary: 'How many images are to be built.' },
  { name: 'base', summary: 'Commit that was compared with; empty without one.' },
] as const satisfies readonly OutputSpec[];
