import { createHash } from 'node:crypto';
import type { HookFile } from '../../../src/model/layers.ts';

/** A file of a hooks directory: a script unless told otherwise. */
export const hookFile = (path: string, text: string | null, mode = '0755'): HookFile => ({
  ...{ path, mode, text },
  sha256: createHash('sha256')
    .update(text ?? 'bytes that are no text')
    .digest('hex'),
});

const bash = (...lines: readonly string[]): string =>
  ['#!/bin/bash', 'set -eu', ...lines, ''].join('\n');
const plain = (path: string, text: string): HookFile => hookFile(path, text, '0644');

const agentInstall = bash(
  '# DIB_ONLY_IN_A_COMMENT says nothing',
  'name=guest_agent',
  `variable=DIB_REPOREF_\${name}`,
  `pip3 install "/opt/guest-agent" # at \${!variable}`,
);

/** The hooks directory of a build as it is when extra-data is done, in no particular order. */
export const sampleHooks: readonly HookFile[] = [
  hookFile('root.d/-1-trove-image-layers', bash('stop=root-begin')),
  hookFile('root.d/00-trove-guest-user', bash('[ -n "$GUEST_USERNAME" ]')),
  hookFile(
    'root.d/08-debootstrap',
    bash(
      'cache=$DIB_IMAGE_CACHE/debootstrap',
      'debootstrap "$DIB_RELEASE" "$TARGET_ROOT" "$DIB_DISTRIBUTION_MIRROR"',
    ),
  ),
  hookFile('root.d/50-shared-apt-cache', bash('mount --bind "$cache" "$TARGET_ROOT"/var/cache')),
  hookFile('root.d/75-debian-minimal-baseinstall', bash('apt-get -y install apt-utils')),
  hookFile('root.d/99999-trove-image-layers', bash('stop=root-end')),
  hookFile('extra-data.d/98-source-repositories', bash('git clone "$DIB_REPOLOCATION_x"')),
  hookFile('extra-data.d/99-squash-package-install', bash('package-installs-squash')),
  hookFile('extra-data.d/99999-trove-image-layers', bash('stop=extra-data-end')),
  hookFile('pre-install.d/01-trove-guest-fast-build', bash('[ "$TROVE_IMAGE_KEEP_DOCS" = 1 ]')),
  hookFile('pre-install.d/03-baseline-tools', bash(`install-packages \${DIB_BASELINE_TOOLS}`)),
  hookFile('pre-install.d/10-package-installs', bash('package-installs-v2 --phase pre-install.d')),
  hookFile('install.d/00-up-to-date', bash('install-packages -u')),
  hookFile('install.d/01-package-installs', bash('package-installs-v2 --phase install.d')),
  hookFile('install.d/02-trove-guest-packages', bash('install-packages $TROVE_GUEST_PACKAGES')),
  hookFile('install.d/03-trove-guest-fast-build', bash('make packages update-initramfs')),
  hookFile('install.d/10-cloud-init', bash('touch /etc/cloud/x')),
  hookFile('install.d/12-debian-locale-gen', bash('locale-gen "$DIB_LOCALES"')),
  hookFile('install.d/25-trove-guest-user', bash('useradd "$GUEST_USERNAME"')),
  hookFile('install.d/31-guest-agent-install', agentInstall),
  hookFile('install.d/guest-agent-source-install/31-guest-agent-install', agentInstall),
  plain('install.d/guest-agent-source-install/requirements.txt', 'oslo.config\n'),
  hookFile(
    'install.d/40-own-plugin',
    bash('cp "$(dirname "$0")/own.conf" /etc', `kind=$1 name=DIB_PLUGIN_\${kind}_LEVEL`),
  ),
  plain('install.d/own.conf', 'setting=1\n'),
  hookFile('install.d/99-package-uninstalls', bash('package-installs-v2 --uninstall')),
  hookFile(
    'post-install.d/00-package-installs',
    bash('package-installs-v2 --phase post-install.d'),
  ),
  hookFile('post-install.d/96-trove-guest-fast-build', bash('update-initramfs "$DIB_BOOT_NOTE"')),
  hookFile('block-device.d/10-x', bash('true')),
  hookFile('pre-finalise.d/10-x', bash('true')),
  hookFile('finalise.d/50-bootloader', bash('grub-install "$DIB_GRUB_TIMEOUT"')),
  hookFile('cleanup.d/97-trove-guest-clean', bash('rm "$TARGET_ROOT"/x')),
  hookFile('bin/install-packages', bash('apt-get -y install "$@" # for $DISTRO_NAME')),
  hookFile('bin/package-installs-v2', '#!/usr/bin/python3\nimport json\n'),
  hookFile('bin/own-tool', bash('exec /opt/shared-tool/run "$DIB_TOOL_LEVEL"')),
  hookFile('trove-guest-fast-build/make', bash('make_initramfs')),
  plain('static/etc/motd', 'hello\n'),
  plain('environment.d/10-defaults', `export DIB_SET_FOR_FINALISE=\${DIB_SET_FOR_FINALISE:-1}\n`),
  plain('README.rst', 'what it is\n'),
  plain('element-deps', 'base\n'),
  plain('element-provides', 'operating-system\n'),
  plain('package-installs.yaml', 'cloud-init:\n'),
  plain('pkg-map', '{}\n'),
  plain('svc-map', 'x:\n  default: x\n'),
  plain('block-device-default.yaml', '- local_loop: {}\n'),
  plain('source-repository-agent', 'agent git /opt/guest-agent https://git.example.org/agent\n'),
  plain('source-repository-tool', 'tool git /opt/shared-tool https://git.example.org/tool\n'),
  hookFile('dib-run-parts', bash('run them')),
  plain('__init__.pyc', 'compiled'),
];

/** The environment of a hook, with the paths of a run that works in this directory. */
export const sampleEnvironment = (workspace: string): readonly (readonly [string, string])[] =>
  Object.entries({
    ARCH: 'amd64',
    BOTO_CONFIG: `${workspace}/boto.cfg`,
    DIB_BASELINE_TOOLS: 'gnupg',
    DIB_BOOT_NOTE: 'quiet',
    DIB_DISTRIBUTION_MIRROR: 'http://archive.example.org/debian',
    DIB_GRUB_TIMEOUT: '1',
    DIB_IMAGE_CACHE: `${workspace}/cache`,
    DIB_LOCALES: 'en_US.UTF-8',
    DIB_LOCKFILES: `${workspace}/locks`,
    DIB_MANIFEST_SAVE_DIR: `${workspace}/manifests`,
    DIB_NOBODY_READS_IT: '1',
    DIB_ONLY_IN_A_COMMENT: '1',
    DIB_PLUGIN_AUDIT_LEVEL: '1',
    DIB_RELEASE: 'trixie',
    DIB_REPOREF_guest_agent: 'master',
    DIB_SET_FOR_FINALISE: '1',
    DIB_TOOL_LEVEL: '1',
    DISTRO_NAME: 'debian',
    ELEMENTS_PATH: '/opt/trove-image/elements',
    GUEST_USERNAME: 'debian',
    HOME: `${workspace}/home`,
    IMAGE_ELEMENT: 'base vm debian-minimal trove-guest',
    IMAGE_NAME: 'image',
    LANG: 'C.UTF-8',
    LOGFILE: '',
    OUT_IMAGE_PATH: `${workspace}/out/image.raw`,
    PATH: '/usr/sbin:/usr/bin',
    PIP_INDEX_URL: 'http://index.example.org/simple',
    PS4: '+ ',
    PWD: '/',
    SHLVL: '3',
    SUDO_COMMAND: '/usr/bin/unshare',
    SUDO_UID: '1001',
    SUDO_USER: 'builder',
    TMPDIR: `${workspace}/tmp`,
    TMP_BUILD_DIR: `${workspace}/tmp/dib_build.AbCd`,
    TMP_HOOKS_PATH: `${workspace}/tmp/dib_build.AbCd/hooks`,
    TMP_MOUNT_PATH: `${workspace}/tmp/dib_build.AbCd/mnt`,
    TROVE_GUEST_PACKAGES: 'vim curl',
    TROVE_IMAGE_KEEP_DOCS: '0',
    TROVE_IMAGE_LAYERS: `${workspace}/layers`,
    USER: 'root',
    _: '/usr/bin/env',
    http_proxy: 'http://proxy.example.org:3128',
  });
