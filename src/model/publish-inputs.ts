import type { InputSpec } from './inputs.ts';
import { proofs, verifyLevels, visibilities } from './publication.ts';

/** The rows about Glance and Trove: of the action that publishes, and of a build that does it in the same job. */
export const publishInputs = [
  {
    name: 'cloud',
    group: 'publish',
    default: '',
    list: 'words',
    summary:
      'Clouds of clouds.yaml to publish to, separated by spaces, commas or lines; the image is promoted in all of them, or in none. By default the one of the OS_* environment.',
    accepts: 'names of clouds.yaml: letters, digits, . _ -',
    placeholder: 'NAMES',
  },
  {
    name: 'clouds-yaml',
    group: 'publish',
    default: '',
    secret: true,
    summary:
      "Content of a clouds.yaml, for example a secret with an application credential; by default the file that the official client finds. Masked, and kept for this run's own client only.",
    accepts: 'a clouds.yaml',
    placeholder: 'TEXT',
  },
  {
    name: 'oidc-audience',
    group: 'publish',
    default: '',
    summary:
      "Log in with GitHub's own token for this audience, and no stored secret: the cloud's auth type is v3oidcaccesstoken (docs/publishing-with-oidc.md).",
    accepts: 'the audience that Keystone accepts, without spaces',
    placeholder: 'AUDIENCE',
  },
  {
    name: 'glance-name',
    group: 'publish',
    default: '{name}',
    summary:
      'Name of the image in Glance, to which time and revision are added; images of one name replace one another. {name} (of the file) {os} {release} {architecture} are filled in.',
    accepts: 'letters, digits, . _ + - and those four placeholders, at most 128',
    placeholder: 'NAME',
  },
  {
    name: 'visibility',
    group: 'publish',
    default: 'private',
    choices: visibilities,
    summary:
      'Who may use the image: private, shared, community, public (in most clouds for administrators only). Trove asks with the token of its caller: what that cannot see is not found.',
    accepts: 'private, shared, community or public',
    placeholder: 'WHO',
  },
  {
    name: 'tags',
    group: 'publish',
    default: '',
    list: 'words',
    summary:
      'Tags by which Trove finds the image, separated by spaces, commas or lines; by default one: glance-name, or its beginning and a digest where it is longer than Trove takes.',
    accepts:
      'tags without spaces and commas, at most 255 characters; with datastore-versions at most 5 of at most 20 characters',
    placeholder: 'TAGS',
  },
  {
    name: 'properties',
    group: 'publish',
    default: '',
    list: 'lines',
    summary:
      'More properties of the image in Glance, as KEY=VALUE lines; hw_rng_model, os_type, os_distro, os_version and architecture are set without being asked for.',
    accepts: 'KEY=VALUE, one per line; trove_build_… are ours',
    placeholder: 'LINES',
  },
  {
    name: 'min-disk',
    group: 'publish',
    default: 'auto',
    summary: 'Least disk of a guest in GiB; auto is the virtual size of the image.',
    accepts: 'auto, or a whole number from 0 to 10000',
    placeholder: 'GIB',
  },
  {
    name: 'min-ram',
    group: 'publish',
    default: '0',
    summary: 'Least memory of a guest in MiB.',
    accepts: 'a whole number from 0 to 10000000',
    placeholder: 'MIB',
  },
  {
    name: 'protected',
    group: 'publish',
    default: 'false',
    flag: true,
    choices: ['true', 'false'],
    summary:
      'Keep images protected that were replaced: they stay for ever. The promoted one always is.',
    accepts: 'true or false',
  },
  {
    name: 'keep',
    group: 'publish',
    default: '3',
    summary: 'How many images of this name stay, the promoted one included.',
    accepts: 'a whole number from 2 to 100',
    placeholder: 'N',
  },
  {
    name: 'grace-period',
    group: 'publish',
    default: '7d',
    summary: 'How long an image that was replaced stays at least.',
    accepts: 'a number of days or hours, such as 7d or 12h; 0 for none',
    placeholder: 'TIME',
  },
  {
    name: 'datastore-versions',
    group: 'publish',
    default: '',
    list: 'lines',
    summary:
      "Datastore versions that use this image, one per line: DATASTORE NAME [version=V] [manager=M] [find=tags|id] [tags=A,B] [active=true|false] [default=true|false] [parameters=FILE]. Made or changed through Trove's API, which needs the admin role.",
    accepts: 'lines such as: mysql 8.4 default=true parameters=validation-rules.json',
    placeholder: 'LINES',
  },
  {
    name: 'deactivate-versions',
    group: 'publish',
    default: '',
    list: 'lines',
    summary: 'Datastore versions to deactivate once the image is promoted, one per line.',
    accepts: 'lines such as: mysql 5.7',
    placeholder: 'LINES',
  },
  {
    name: 'require-verify',
    group: 'publish',
    default: 'off',
    choices: verifyLevels,
    summary:
      'Least level of verification that this image must have passed: inspect (the checks of its build), boot, agent; off asks for none.',
    accepts: 'off, inspect, boot or agent',
    placeholder: 'LEVEL',
  },
  {
    name: 'prove',
    group: 'publish',
    default: 'off',
    choices: proofs,
    summary:
      'download: read the uploaded image back from Glance and compare it before anything points at it.',
    accepts: 'off or download',
    placeholder: 'HOW',
  },
  {
    name: 'allow',
    group: 'publish',
    default: '',
    list: 'words',
    choices: ['development', 'secrets'],
    summary:
      'What is refused unless it is named here: development (images with a key or address of their controller), secrets (images that hold a password).',
    accepts: 'development, secrets',
    placeholder: 'WHAT',
  },
  {
    name: 'stall-timeout',
    group: 'publish',
    default: '120',
    summary: 'Seconds without a byte or an answer after which a request is given up.',
    accepts: 'a whole number from 5 to 3600',
    placeholder: 'SECONDS',
  },
] as const satisfies readonly InputSpec[];

/** The rows that a build has. */
export const buildPublishInputs = [
  {
    name: 'publish',
    group: 'publish',
    default: 'off',
    choices: ['off', 'glance'],
    summary:
      'glance: publish the finished image and register it with Trove; safer in a job of its own, with secrets that the build never sees (publish/action.yml).',
    accepts: 'off or glance',
    placeholder: 'WHERE',
  },
  ...publishInputs,
] as const satisfies readonly InputSpec[];

/** The rows of the action that publishes what another job has built. */
export const publishActionInputs = [
  {
    name: 'image-path',
    group: 'file',
    default: '',
    summary: 'Path of the image.',
    accepts: 'the path of an image file that a build has made',
    placeholder: 'FILE',
  },
  {
    name: 'manifest-path',
    group: 'file',
    default: '',
    summary:
      'Path of its manifest; by default manifest.json beside the image. The image must be the one that it describes.',
    accepts: 'the path of a manifest.json',
    placeholder: 'FILE',
  },
  {
    name: 'verdict-path',
    group: 'file',
    default: '',
    summary: 'Path of the verdict of its verification; by default verify.json beside the image.',
    accepts: 'the path of a verify.json',
    placeholder: 'FILE',
  },
  ...publishInputs,
  {
    name: 'rollback',
    group: 'run',
    default: 'false',
    flag: true,
    choices: ['true', 'false'],
    summary:
      'Publish nothing: put the predecessor of the promoted image back. glance-name names which; the build that was rolled back is not published again.',
    accepts: 'true or false',
  },
  {
    name: 'rollback-from',
    group: 'run',
    default: '',
    summary:
      'Id of the image to go back from; by default the promoted one. With it, a second call changes nothing.',
    accepts: 'the id of an image',
    placeholder: 'ID',
  },
  {
    name: 'dry-run',
    group: 'run',
    default: 'false',
    flag: true,
    choices: ['true', 'false'],
    summary: 'Look at the clouds, say what would be done, and do nothing.',
    accepts: 'true or false',
  },
] as const satisfies readonly InputSpec[];

export type PublishInputName = (typeof publishActionInputs)[number]['name'];
