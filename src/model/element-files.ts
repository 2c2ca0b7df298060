/**
 * Can a file of an element reach the image, or what it is built with? `path` counts from the directory of the element.
 * What an element says of itself is read by people only; its dependencies are followed, and count as what they lead to.
 */
export function reachesBuild(path: string): boolean {
  const parts = path.split('/');
  if (parts.includes('__pycache__') || path.endsWith('.pyc')) return false;
  return !(parts.length === 1 ? ownWords : ownFolders).test(parts[0] ?? '');
}

const ownWords = /^(README.*|LICENSE.*|element-deps|element-provides|\.git.*)$/;
const ownFolders = /^(tests|test-elements)$/;
