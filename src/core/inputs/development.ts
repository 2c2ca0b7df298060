import type { Development, GuestAgent } from '../../model/inputs.ts';
import { readOptionalPath } from './paths.ts';
import type { InputReader } from './reader.ts';
import { isHostName, isSafePath, isUserName } from './values.ts';

const developmentOnly = [
  'ssh-dir',
  'controller-address',
  'controller-user',
  'controller-trove-path',
  'sync-guest-logs',
] as const;

/** What a development image gets from its controller; null when dev-mode is off. */
export function readDevelopment(
  reader: InputReader,
  raw: Readonly<Record<string, string | undefined>>,
  guestAgent: GuestAgent,
  cwd: string,
): Development | null {
  const isOn = reader.choice<'true' | 'false'>('dev-mode') === 'true';
  if (!isOn) refuseWithoutMode(reader, raw);
  const development = {
    sshDir: readOptionalPath(reader, 'ssh-dir', cwd),
    controllerAddress: reader.text('controller-address'),
    controllerUser: reader.text('controller-user'),
    controllerTrovePath: reader.text('controller-trove-path').replace(/(.)\/+$/, '$1'),
    syncGuestLogs: reader.choice<'true' | 'false'>('sync-guest-logs') === 'true',
  };
  if (development.controllerAddress !== '' && !isHostName(development.controllerAddress))
    reader.refuse('controller-address', development.controllerAddress);
  if (!isUserName(development.controllerUser) && development.controllerUser !== 'root')
    reader.refuse('controller-user', development.controllerUser);
  const path = development.controllerTrovePath;
  // the element puts it into the middle of a sed expression
  if (!path.startsWith('/') || !isSafePath(path) || /[;&|]/.test(path))
    reader.refuse('controller-trove-path', path);
  if (isOn && guestAgent === 'package') {
    reader.refuse(
      'dev-mode',
      'true',
      " A guest in development runs Trove's code from the controller: use guest-agent: source.",
    );
  }
  return isOn ? development : null;
}

function refuseWithoutMode(
  reader: InputReader,
  raw: Readonly<Record<string, string | undefined>>,
): void {
  for (const name of developmentOnly) {
    const value = raw[name]?.trim() ?? '';
    if (value !== '' && value !== reader.defaultOf(name))
      reader.refuse(name, value, ' It is for development images: add dev-mode: true.');
  }
}

/** Root's password, never repeated in a message. */
export function readRootPassword(reader: InputReader): string {
  const password = reader.text('root-password');
  const isFit = /^[\x21-\x7e]{8,128}$/.test(password) && !password.includes(':');
  if (password !== '' && !isFit) reader.refuse('root-password', '***');
  return password;
}
