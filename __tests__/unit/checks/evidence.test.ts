import { describe, expect, it } from '@jest/globals';
import { contentPaths, indexFacts } from '../../../src/core/checks/evidence.ts';
import type { FileContent } from '../../../src/model/image.ts';
import { cleanImage, fileEntry, withContent, withFiles } from '../support/image.ts';

describe('the evidence', () => {
  it('reads text, bytes, and nothing of a file that is missing, too large or not there', () => {
    const rows = [
      [{ text: 'a\n' }, 'a\n'],
      [{ base64: Buffer.from([0, 65, 255]).toString('base64') }, '\u0000A\u00ff'],
      [{ missing: true }, null],
      [{ tooLarge: 9_000_000 }, null],
    ] as const;
    for (const [content, expected] of rows) {
      expect(indexFacts(withContent('/etc/fstab', content)).text('/etc/fstab')).toBe(expected);
    }
    expect(indexFacts(cleanImage).text('/never/asked')).toBeNull();
  });

  it('reads nothing of a directory or device that stands where a file is expected', () => {
    // host/read-image gives `notRegular` for these
    const content = { notRegular: 'd' } as unknown as FileContent;
    const evidence = indexFacts(withContent('/etc/apt/apt.conf.d/more', content));
    expect(evidence.text('/etc/apt/apt.conf.d/more')).toBeNull();
  });

  it('has what is below a directory, and neither the directory nor its namesakes', () => {
    const evidence = indexFacts(withFiles(fileEntry('/tmp/a/b'), fileEntry('/tmpx')));
    expect(evidence.entriesUnder('/tmp').map(([path]) => path)).toEqual(['/tmp/a/b']);
  });

  it('asks for every file that the rules read', () => {
    const read = new Set<string>();
    for (const path of Object.keys(cleanImage.contents)) {
      const pattern = contentPaths.find((each) =>
        new RegExp(`^${each.replaceAll('.', '\\.').replace('*', '[^/]*')}$`).test(path),
      );
      expect([path, typeof pattern]).toEqual([path, 'string']);
      read.add(pattern ?? '');
    }
    // the unit of an agent from source is not in the recorded image
    read.add('/etc/systemd/system/guest-agent.service');
    expect([...read].sort()).toEqual([...contentPaths].sort());
  });
});
