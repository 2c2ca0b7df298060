import type { InputName } from '../../model/input-table.ts';
import type { InputReader } from './reader.ts';
import { isArchiveUrl } from './values.ts';

/** Archive URL, `host`, or empty. */
export function readMirror(reader: InputReader): string {
  return reader.text('mirror') === 'host' ? 'host' : readArchiveUrl(reader, 'mirror');
}

/** Security archive URL, or empty; it needs a mirror beside it. */
export function readSecurityMirror(reader: InputReader): string {
  const url = readArchiveUrl(reader, 'mirror-security');
  if (url === '') return url;
  const shown = hideUserinfo(url);
  const mirror = reader.text('mirror');
  if (mirror === '' || mirror === 'host') {
    reader.refuse('mirror-security', shown, ' It is used together with a URL in mirror only.');
  }
  if (reader.text('guest-os') === 'ubuntu') {
    reader.refuse('mirror-security', shown, ' Ubuntu has its security suite in the mirror itself.');
  }
  return url;
}

/** An http or https URL without slashes at its end, or empty. */
export function readArchiveUrl(reader: InputReader, name: InputName): string {
  const url = reader.text(name).replace(/\/+$/, '');
  if (url !== '' && !isArchiveUrl(url)) reader.refuse(name, hideUserinfo(url));
  return url;
}

/** A password in a URL is refused, and not repeated. */
export const hideUserinfo = (url: string): string => url.replace(/^([^/]*\/\/)[^/]*@/, '$1***@');
