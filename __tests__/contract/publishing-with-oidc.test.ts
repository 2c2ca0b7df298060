import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { projectDirectory } from '../support/checkout.ts';
import { readCodeBlocks } from '../support/code-blocks.ts';

const read = (...path: readonly string[]): string =>
  readFileSync(join(projectDirectory, ...path), 'utf8');
const ofStack = (name: string): string => read('__tests__', 'support', 'openstack', name);
const document = 'docs/publishing-with-oidc.md';

describe('docs/publishing-with-oidc.md', () => {
  it('shows the very lines of Apache, and the mapping, that the test stack runs', () => {
    expect(readCodeBlocks(document, 'apache')).toEqual([ofStack('oidc.conf')]);
    expect(readCodeBlocks(document, 'json')).toEqual([ofStack('oidc-mapping.json')]);
  });

  it('names the repository, the branch and the audience of the mapping in the lines that tell them', () => {
    const conditions = JSON.parse(ofStack('oidc-mapping.json'))[0].remote.slice(1);
    expect(conditions.map(({ type }: { type: string }) => type)).toEqual([
      'HTTP_OIDC_REPOSITORY',
      'HTTP_OIDC_REF',
    ]);
    for (const { type, any_one_of } of conditions) {
      const claim = type.replace('HTTP_OIDC_', '').toLowerCase();
      const values = any_one_of.map((value: string) => `'${value}'`).join(', ');
      expect(ofStack('oidc.conf')).toContain(`!(req('OIDC-${claim}') in { ${values} })`);
    }
    const [, audience] = /Require claim aud:(\S+)/.exec(ofStack('oidc.conf')) ?? [];
    expect(ofStack('oidc.conf')).toContain(`req('OIDC-aud') != '${audience}'`);
    expect(readCodeBlocks(document, 'yaml').join()).toContain(`oidc-audience: ${audience}\n`);
  });

  it("shows the settings of the stack's Keystone", () => {
    const settings = [
      ...readCodeBlocks(document, 'ini')
        .join()
        .matchAll(/^(\w+) = (\S+)$/gm),
    ];
    expect(settings).toHaveLength(2);
    for (const [, name, value] of settings)
      expect(ofStack('federation.py')).toContain(`'${name}': '${value}'`);
  });
});
