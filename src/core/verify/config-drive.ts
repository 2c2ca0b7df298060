import type { GuestCard, GuestWiring, Injection } from '../../model/guest.ts';

/** Name of the virtio port on which the guest reports. */
export const reportPort = 'trove-image.report';
/** Units whose state and times are reported; those that an image does not have are left out. */
const units = [
  'cloud-init-local.service',
  'cloud-init.service',
  'cloud-init-network.service',
  'cloud-config.service',
  'cloud-final.service',
  'containerd.service',
  'docker.service',
  'ssh.service',
];
/** The packaged one, the one from source, and the one of development images before Victoria. */
const agentUnits = ['trove-guestagent.service', 'guest-agent.service', 'trove-guest.service'];
const reportSeconds = 10;
const hostName = 'trove-verify';

export interface ConfigDrive {
  readonly instance: GuestWiring['instance'];
  readonly injection: Injection;
  readonly cards: readonly GuestCard[];
  /** Text of `host/guest-report`. */
  readonly reporter: string;
}

/**
 * The files of the config drive as Nova makes it (docs.openstack.org, "Config drives"), by their path on it. User
 * data are Trove's own; what reports the guest is vendor data, beside them.
 */
export function composeConfigDrive(drive: ConfigDrive): Readonly<Record<string, string>> {
  const { instance, injection } = drive;
  const metaData = {
    uuid: instance.id,
    name: hostName,
    hostname: hostName,
    availability_zone: 'nova',
    launch_index: 0,
    project_id: instance.tenantId,
    meta: { trove_project_id: instance.tenantId, trove_instance_id: instance.id },
    keys: [],
  };
  return {
    'openstack/latest/meta_data.json': JSON.stringify(metaData),
    'openstack/latest/network_data.json': JSON.stringify(composeNetworkData(drive.cards)),
    'openstack/latest/user_data': injection.userData,
    'openstack/latest/vendor_data.json': JSON.stringify({ 'cloud-init': composeVendorData(drive) }),
  };
}

function composeNetworkData(cards: readonly GuestCard[]) {
  return {
    links: cards.map(({ name, mac }) => ({
      id: name,
      type: 'phy',
      ethernet_mac_address: mac,
      mtu: 1500,
      vif_id: name,
    })),
    networks: cards.map(({ name }) => ({
      id: `${name}-0`,
      type: 'ipv4_dhcp',
      link: name,
      network_id: name,
    })),
    services: [],
  };
}

/** Starts the reporter as early as cloud-init runs anything, in a unit of its own that orders nothing. */
function composeVendorData({ injection, reporter }: ConfigDrive): string {
  const wanted = {
    port: reportPort,
    files: Object.keys(injection.files),
    units,
    agentUnits,
    intervalSeconds: reportSeconds,
  };
  const program = '/run/trove-guest-report';
  // /run may be mounted noexec: the program is given to its interpreter
  const command = [
    `umask 077; echo ${toBase64(reporter)} | base64 -d > ${program};`,
    'exec systemd-run --quiet --no-block --unit=trove-guest-report --property=DefaultDependencies=no',
    `/usr/bin/python3 -I ${program} "$(echo ${toBase64(JSON.stringify(wanted))} | base64 -d)"`,
  ].join(' ');
  return `#cloud-config\n${JSON.stringify({ bootcmd: [['sh', '-c', command]] })}\n`;
}

const toBase64 = (text: string): string => Buffer.from(text).toString('base64');
