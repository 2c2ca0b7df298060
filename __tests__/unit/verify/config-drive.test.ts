import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { composeConfigDrive, reportPort } from '../../../src/core/verify/config-drive.ts';
import { agentConfigPath, guestInfoPath } from '../../../src/core/verify/injection.ts';
import { guestCards } from '../../../src/core/verify/machine.ts';
import { given, instance } from './support.ts';

const drive = composeConfigDrive({
  instance,
  injection: given.injection,
  cards: guestCards,
  reporter: "print('it''s')\n",
});
const json = (name: string) => JSON.parse(drive[`openstack/latest/${name}`] ?? '');
const decode = (text: string): string => Buffer.from(text, 'base64').toString('utf8');

describe('the config drive', () => {
  it('has the files of Nova, where cloud-init looks for them', () => {
    expect(Object.keys(drive).sort()).toEqual(
      ['meta_data.json', 'network_data.json', 'user_data', 'vendor_data.json'].map(
        (name) => `openstack/latest/${name}`,
      ),
    );
    expect(json('meta_data.json')).toMatchObject({
      uuid: instance.id,
      project_id: instance.tenantId,
      meta: { trove_instance_id: instance.id },
    });
  });

  it('describes both cards by their addresses', () => {
    const { links, networks } = json('network_data.json');
    expect(
      links.map((link: { ethernet_mac_address: string }) => link.ethernet_mac_address),
    ).toEqual(guestCards.map(({ mac }) => mac));
    expect(networks.map(({ type, link }: { type: string; link: string }) => [type, link])).toEqual([
      ['ipv4_dhcp', 'tenant'],
      ['ipv4_dhcp', 'management'],
    ]);
  });

  it("carries Trove's files as user data, for the user of the agent", () => {
    const userData = drive['openstack/latest/user_data'] ?? '';
    expect(userData).toMatch(/^#cloud-config\n/);
    const { write_files } = parse(userData) as { write_files: Record<string, string>[] };
    expect(write_files.map(({ path, owner, encoding }) => [path, owner, encoding])).toEqual([
      [guestInfoPath, 'debian:root', 'b64'],
      [agentConfigPath, 'debian:root', 'b64'],
    ]);
    expect(decode(write_files[0]?.content ?? '')).toBe(
      [
        '[DEFAULT]',
        `guest_id=${instance.id}`,
        'datastore_manager=mysql',
        'datastore_version=8.0',
        `tenant_id=${instance.tenantId}`,
        `instance_rpc_encr_key=${instance.rpcKey}`,
        '',
      ].join('\n'),
    );
  });

  it('starts the reporter by vendor data, beside what Trove brings', () => {
    const vendorData = json('vendor_data.json')['cloud-init'] as string;
    expect(vendorData).toMatch(/^#cloud-config\n/);
    const { bootcmd } = parse(vendorData) as { bootcmd: [string, string, string][] };
    const [shell, flag, command = ''] = bootcmd[0] ?? [];
    expect([shell, flag]).toEqual(['sh', '-c']);
    const encoded = [...command.matchAll(/echo ([A-Za-z0-9+/=]+) \| base64 -d/g)];
    const [reporter, wanted] = encoded.map((match) => decode(match[1] ?? ''));
    expect(reporter).toBe("print('it''s')\n");
    expect(JSON.parse(wanted ?? '')).toMatchObject({
      port: reportPort,
      files: [guestInfoPath, agentConfigPath],
      agentUnits: expect.arrayContaining(['guest-agent.service', 'trove-guestagent.service']),
    });
    // nothing of a name can end the quotes that it stands in
    expect(command.replaceAll(/echo [A-Za-z0-9+/=]+ /g, '')).not.toMatch(/['`\\]/);
  });
});
