import { expect, it } from '@jest/globals';
import { renderImageList } from '../../../src/core/catalogue/text.ts';
import { alignRows } from '../../../src/core/diff/spelling.ts';
import { catalogueOf, withImages } from '../support/catalogue.ts';

const render = (text: string) => renderImageList(catalogueOf(text).images, alignRows);

it('the list of images shows in what they differ', () => {
  const text =
    'version: 1\ndefaults: { packages: [htop] }\nimages:\n  mysql: { datastores: [mysql:8.4] }\n  nightly: { matrix: { guest-release: [bookworm, trixie] } }\n';
  expect(render(text)).toBe(
    [
      'image             entry    datastores  guest-release',
      'mysql             mysql    mysql:8.4   -',
      'nightly-bookworm  nightly  -           bookworm',
      'nightly-trixie    nightly  -           trixie',
    ].join('\n'),
  );
});

it('the list of one image shows all that it has, on one line each', () => {
  const text = withImages(
    `i: { environment: { A: 1, B: "\\e[31m" }, packages: [${'x'.repeat(60)}] }`,
  );
  expect(render(text)).toBe(
    `image  entry  environment  packages\ni      i      A=1 B= [31m  ${'x'.repeat(39)}…`,
  );
});
