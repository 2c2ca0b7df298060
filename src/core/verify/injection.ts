import type { Injection, TroveInstance } from '../../model/guest.ts';

/** Where Trove's taskmanager puts them (its options injected_config_location, guest_info). */
export const guestInfoPath = '/etc/trove/conf.d/guest_info.conf';
export const agentConfigPath = '/etc/trove/conf.d/trove-guestagent.conf';

/** The operator's trove-guestagent.conf, in its shortest form. */
export function composeAgentConfig(transportUrl: string): string {
  return [
    '[DEFAULT]',
    `transport_url = ${transportUrl}`,
    'control_exchange = trove',
    'log_dir = /var/log/trove',
    'log_file = trove-guestagent.log',
    '',
  ].join('\n');
}

/** Renders what Trove's taskmanager would inject, as Trove 18 does; newer ones add fields that have defaults. */
export function renderInjection(
  instance: TroveInstance,
  agentConfig: string,
  owner: string,
): Injection {
  const files = {
    [guestInfoPath]: [
      '[DEFAULT]',
      `guest_id=${instance.id}`,
      `datastore_manager=${instance.datastoreManager}`,
      `datastore_version=${instance.datastoreVersion}`,
      `tenant_id=${instance.tenantId}`,
      `instance_rpc_encr_key=${instance.rpcKey}`,
      '',
    ].join('\n'),
    [agentConfigPath]: agentConfig,
  };
  return { files, userData: composeUserData(files, owner), renderedBy: 'trove-image' };
}

function composeUserData(files: Readonly<Record<string, string>>, owner: string): string {
  const entries = Object.entries(files).flatMap(([path, content]) => [
    '- encoding: b64',
    `  owner: ${owner}`,
    `  path: ${path}`,
    `  content: ${toBase64(content)}`,
  ]);
  return ['#cloud-config', 'write_files:', ...entries, ''].join('\n');
}

const toBase64 = (text: string): string => Buffer.from(text).toString('base64');
