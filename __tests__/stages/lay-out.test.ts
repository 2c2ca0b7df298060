import { describe, expect, it } from '@jest/globals';
import { layOut, readSecretFiles } from '../../src/stages/lay-out.ts';
import { inputsOf } from '../unit/support/inputs.ts';
import { planOf } from '../unit/support/plan.ts';
import { fakeFiles } from './fakes.ts';

const dev = { 'guest-os': 'ubuntu', 'dev-mode': 'true' } as const;
const workspace = { name: 'trove-image-AbC123', path: '/w' };
const keys = { '/keys/id_rsa': 'PRIVATE\n', '/keys/id_rsa.pub': 'PUBLIC\n' };

describe('what goes to the guest alone', () => {
  it('is read before anything is built', async () => {
    const raw = {
      ...dev,
      'ssh-dir': '/keys',
      'controller-address': '192.0.2.7',
      'root-password': 'hunter2222',
    };
    expect(await readSecretFiles(fakeFiles(keys), inputsOf(raw))).toEqual({
      id_rsa: 'PRIVATE\n',
      'id_rsa.pub': 'PUBLIC\n',
      'controller.conf': 'CONTROLLER=192.0.2.7\n',
      'root-password': 'hunter2222\n',
    });
    expect(await readSecretFiles(fakeFiles(), inputsOf())).toEqual({});
  });

  it.each([['/keys/id_rsa'], ['/keys/id_rsa.pub']])(
    'is refused when %s is not there',
    async (missing) => {
      const there = Object.fromEntries(Object.entries(keys).filter(([path]) => path !== missing));
      const inputs = inputsOf({ ...dev, 'ssh-dir': '/keys' });
      await expect(readSecretFiles(fakeFiles(there), inputs)).rejects.toMatchObject({
        problems: [{ code: 'no-ssh-key', message: expect.stringContaining(missing) }],
      });
    },
  );

  it('is laid out in a private directory', async () => {
    const files = fakeFiles();
    const facts = { constraints: null, secretFiles: { 'root-password': 'hunter2222\n' } };
    await layOut(files, planOf({ 'root-password': 'hunter2222' }), workspace, facts);
    expect(files.done).toEqual(['mkdir /w/secrets', 'write /w/secrets/root-password']);
  });

  it('is nothing for a guest that has none', async () => {
    const files = fakeFiles();
    await layOut(files, planOf(), workspace, { constraints: null, secretFiles: {} });
    expect(files.done).toEqual([]);
  });
});
