import type { InputSpec } from './inputs.ts';

/** The rows of the input table about container images in the guest. */
export const datastoreInputs = [
  {
    name: 'datastores',
    group: 'content',
    default: '',
    list: 'words',
    summary:
      'Datastores whose container images are embedded, as name or name:version (mysql:8.4), separated by spaces, commas or lines; image names and default versions are those of this Trove.',
    accepts:
      'names of datastores: lower-case letters, digits, _ and -; versions: letters, digits, . _ -',
    placeholder: 'NAMES',
  },
  {
    name: 'backup-images',
    group: 'content',
    default: 'false',
    flag: true,
    choices: ['true', 'false'],
    summary: 'Embed the images that back these datastores up, too.',
    accepts: 'true or false',
  },
  {
    name: 'container-images',
    group: 'content',
    default: '',
    list: 'words',
    summary:
      'More container images to embed, as [SOURCE=]TARGET: pulled from SOURCE, named TARGET in the guest.',
    accepts: 'image references such as registry.example.org/db/mysql:8.4 or NAME@sha256:DIGEST',
    placeholder: 'IMAGES',
  },
  {
    name: 'trove-config',
    group: 'content',
    default: '',
    summary:
      "Your trove-guestagent.conf: the image names in it (docker_image, backup_docker_image) win over Trove's defaults.",
    accepts: 'the path of a file',
    placeholder: 'FILE',
  },
  {
    name: 'registry-login',
    group: 'sources',
    default: '',
    list: 'lines',
    secret: true,
    summary:
      'Logins of container registries, one REGISTRY USER PASSWORD per line. Masked in every log.',
    accepts: 'three words per line: host or host:port, user, password',
    placeholder: 'LINES',
  },
  {
    name: 'registry-auth-file',
    group: 'sources',
    default: '',
    summary: "Logins of container registries in docker's own form, as docker login writes them.",
    accepts: 'the path of a config.json',
    placeholder: 'FILE',
  },
  {
    name: 'insecure-registries',
    group: 'sources',
    default: '',
    list: 'words',
    summary:
      'Container registries that are asked without TLS, or whose certificate is not checked.',
    accepts: 'host or host:port',
    placeholder: 'HOSTS',
  },
] as const satisfies readonly InputSpec[];
