import { failure, type TroveImageError } from '../../errors.ts';

interface Answer {
  readonly exitCode: number;
  readonly stderr: string;
}

const rootHint = 'Run it as root, or as a user with passwordless sudo.';

/** The error of ours for what `host/read-image` said when it failed. */
export function explainReader(path: string, { exitCode, stderr }: Answer): TroveImageError {
  const last = stderr.trim().split('\n').at(-1) ?? '';
  const { error, message } = parse(last);
  const text = `${path} cannot be read: ${message}`;
  if (error === 'not-root' || /^sudo:/m.test(stderr))
    return failure('host', 'not-root', `Reading an image needs root. ${message}`, rootHint);
  if (error === 'tool-missing' || exitCode === 127)
    return failure('host', 'tool-missing', text, 'Install what the message names.');
  if (error === 'namespace-refused') {
    const hint = 'Run the container with --privileged, or compare outside of a container.';
    return failure('host', 'no-mounts', text, hint);
  }
  if (error === 'mount-failed' && message.startsWith('No loop device')) {
    const hint = 'Load the module (modprobe loop); in a container, run it with --privileged.';
    return failure('host', 'no-loop-devices', text, hint);
  }
  if (error === null)
    throw new Error(`host/read-image ended with ${exitCode} on ${path}: ${message}`);
  return failure(
    'input',
    'image-damaged',
    text,
    'Give an image with an ext4 or xfs root, whole and as it was built.',
  );
}

function parse(line: string): { readonly error: string | null; readonly message: string } {
  try {
    const { error, message } = JSON.parse(line) as { error: string; message: string };
    return { error, message };
  } catch {
    return { error: null, message: line || 'no reason given' };
  }
}
