/** What a single value may contain. Every value of an input passes one of these before anything runs. */

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
const control = /[\u0000-\u001f\u007f]/;
const systemAccounts = new Set(
  'root daemon bin sys sync games man lp mail news uucp proxy www-data backup list irc nobody sshd syslog trove docker messagebus systemd-network systemd-resolve systemd-timesync _apt'.split(
    ' ',
  ),
);

export const isElementName = (text: string): boolean =>
  /^[A-Za-z0-9_][A-Za-z0-9._+-]{0,127}$/.test(text);
export const isPackageName = (text: string): boolean => /^[a-z0-9][a-z0-9+.-]{1,127}$/.test(text);
export const isImageName = (text: string): boolean =>
  /^[A-Za-z0-9][A-Za-z0-9._+-]{0,127}$/.test(text);
export const isUserName = (text: string): boolean =>
  /^[a-z][a-z0-9_-]{0,31}$/.test(text) && !systemAccounts.has(text);

/** Paths become parts of colon-separated variables and of mount tables: no colon, space, quote or control character. */
export const isSafePath = (text: string): boolean =>
  text !== '' && !control.test(text) && !/[:"'`$\\\s]/.test(text) && text.length <= 1024;

export const isVariableName = (text: string): boolean =>
  /^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(text);

/** diskimage-builder expands some variables inside shell text of its own: no character that means something there. */
export const isEnvironmentValue = (text: string): boolean =>
  !control.test(text) && !/[$`"'\\;&|<>()]/.test(text) && text.length <= 4096;

/** GitHub's rule for artifact names. */
export const isArtifactName = (text: string): boolean =>
  text !== '' && text.length <= 256 && !control.test(text) && !/[":<>|*?\\/]/.test(text);

/** Archive URLs end up in shell text of diskimage-builder and in the image: plain characters, no credentials. */
export function isArchiveUrl(text: string): boolean {
  if (!/^https?:\/\/[A-Za-z0-9.:[\]-]+(\/[A-Za-z0-9._~+/-]*)?$/.test(text)) return false;
  try {
    const url = new URL(text);
    return url.username === '' && url.password === '' && url.hostname !== '';
  } catch {
    return false;
  }
}

/** What git can be told to fetch from without a helper program of its own choice, and without a password. */
export const isRepository = (text: string): boolean =>
  !control.test(text) &&
  text.length <= 1024 &&
  (/^(https?|git|ssh|file):\/\/([A-Za-z0-9._-]+@)?[A-Za-z0-9.:[\]-]*\/[A-Za-z0-9._~+/-]+$/.test(
    text,
  ) ||
    /^\/[A-Za-z0-9._~+/-]+$/.test(text)) &&
  !/^https?:\/\/[^/]*@/.test(text);

/** git's own rules for references, and no option. */
export const isGitReference = (text: string): boolean =>
  /^[A-Za-z0-9][A-Za-z0-9._/-]{0,255}$/.test(text) && !/\.\.|\/\/|\.lock(\/|$)|[./]$/.test(text);

export const isHostName = (text: string): boolean =>
  /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/.test(text) ||
  /^[0-9A-Fa-f:.]{2,45}$/.test(text);

/** `name` or `name:version`, the version being the tag of a container image. */
export const isDatastore = (text: string): boolean =>
  /^[a-z][a-z0-9_-]{0,63}(:[A-Za-z0-9_][A-Za-z0-9._-]{0,127})?$/.test(text);

/** `[source=]target`, by the characters that references have; their form is checked where they are taken apart. */
export const isContainerPair = (text: string): boolean =>
  /^[A-Za-z0-9[][A-Za-z0-9._:@/[\]-]{0,511}(=[A-Za-z0-9[][A-Za-z0-9._:@/[\]-]{0,511})?$/.test(text);

/** `host` or `host:port`. */
export const isRegistry = (text: string): boolean =>
  /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(:\d{1,5})?$/.test(text);

/** Splits a list input: words by spaces, commas or lines; lines by lines (comments and empty lines dropped). */
export function splitList(text: string, how: 'words' | 'lines' | 'choices'): readonly string[] {
  const lines = text.split(/\r?\n/).map((line) => line.replace(/(^|\s)#.*$/, '').trim());
  const parts = how === 'lines' ? lines : lines.flatMap((line) => line.split(/[\s,]+/));
  return parts.filter((part) => part !== '');
}
