import type { GuestAgent, GuestOs } from '../../model/inputs.ts';
import { type GuestRelease, guestReleases } from '../../model/releases.ts';
import { suggest } from './nearest.ts';
import type { InputReader } from './reader.ts';

export interface Guest {
  readonly release: GuestRelease;
  readonly guestAgent: GuestAgent;
}

/** Which release is built, and where its guest agent comes from. */
export function readGuest(reader: InputReader): Guest {
  const os = reader.choice<GuestOs>('guest-os');
  const asked = reader.choice<GuestAgent | 'auto'>('guest-agent');
  const guestAgent = asked === 'auto' ? (os === 'ubuntu' ? 'source' : 'package') : asked;
  const known = guestReleases.filter((release) => release.os === os);
  const typed = reader.text('guest-release');
  const release = known.find((each) =>
    typed === '' ? guestAgent === 'source' || each.packagedTrove !== null : each.codename === typed,
  );
  if (release === undefined) {
    const names = guestReleases.map(({ codename }) => codename);
    if (known.length > 0) reader.refuse('guest-release', typed, suggest(typed, names));
    return { release: guestReleases[0] as GuestRelease, guestAgent };
  }
  if (guestAgent === 'source' && os === 'ubuntu') refuseArm(reader);
  if (guestAgent === 'package' && release.packagedTrove === null) refusePackage(reader, release);
  return { release, guestAgent };
}

/** Trove's ubuntu-docker names amd64; an element of that name of the user's own may do better. */
function refuseArm(reader: InputReader): void {
  if (reader.text('architecture') !== 'arm64' || reader.text('elements-path') !== '') return;
  reader.refuse(
    'architecture',
    'arm64',
    " Trove's element ubuntu-docker is for amd64 only: use guest-os: debian, guest-agent: package, or an element ubuntu-docker of your own in elements-path.",
  );
}

function refusePackage(reader: InputReader, { os, codename }: GuestRelease): void {
  const others = guestReleases.filter((each) => each.packagedTrove !== null);
  reader.mistakes.push({
    code: 'no-agent-package',
    message: `guest-release: ${os} ${codename} has no trove-guestagent package, which guest-agent: package installs.`,
    hint: `Use guest-agent: source, or ${others.map((each) => `${each.os} ${each.codename} (Trove ${each.packagedTrove})`).join(', ')}.`,
  });
}
