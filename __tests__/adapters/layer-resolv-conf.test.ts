import { existsSync, lstatSync, readFileSync, readlinkSync } from 'node:fs';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { check, linesInNamespace, openBench } from '../support/layer/bench.ts';

const bench = openBench('layer-resolv-conf-');
let count = 0;
let own = '';

beforeEach(() => {
  count += 1;
  own = bench.place(`test-${count}`);
});
afterAll(() => bench.close());

/** Runs a script on a machine whose name server has this number. */
const on = (server: number, script: string): string[] =>
  linesInNamespace(
    own,
    `echo "nameserver 192.0.2.${server}" > server-${server}
     mount --bind server-${server} /etc/resolv.conf
     ${script}`,
  );

/** Saves on one machine, and restores on another what the check accepts. */
function carry(prepare: string, begin: string, option = ''): void {
  const [answer] = on(
    1,
    `mkdir -p tree/etc; ${prepare} layer save "$PWD/tree" "$PWD/state" "$PWD/blob"`,
  );
  expect(check({ path: `${own}/blob`, ...JSON.parse(answer ?? '') })).toBeNull();
  on(2, `mkdir target; ${begin} layer restore "$PWD/target" "$PWD/restored" "$PWD/blob" ${option}`);
}

const restored = (name = 'resolv.conf'): string =>
  readFileSync(`${own}/target/etc/${name}`, 'utf8');

describe('the resolv.conf of a guest that was just bootstrapped', () => {
  it('is that of the machine that restores it, where it was a copy of that of the machine', () => {
    carry('cp /etc/resolv.conf tree/etc/resolv.conf;', '');
    expect(restored()).toBe('nameserver 192.0.2.2\n');
    expect(lstatSync(`${own}/target/etc/resolv.conf`).mode & 0o777).toBe(0o644);
  });

  it("is kept where it is the guest's own", () => {
    carry('echo "# empty" > tree/etc/resolv.conf;', '');
    expect(restored()).toBe('# empty\n');
  });

  it('is kept where it is a link', () => {
    carry('ln -s ../run/stub.conf tree/etc/resolv.conf;', '');
    expect(readlinkSync(`${own}/target/etc/resolv.conf`)).toBe('../run/stub.conf');
  });

  it('is not made where there was none', () => {
    carry('', '');
    expect(existsSync(`${own}/target/etc/resolv.conf`)).toBe(false);
  });
});

describe('the resolv.conf that scripts in the chroot see', () => {
  const builders = (root: string): string =>
    `mkdir -p ${root}/etc; cat /etc/resolv.conf > ${root}/etc/resolv.conf;
     chmod 777 ${root}/etc/resolv.conf;`;
  const scanned = `${builders('tree')} layer scan "$PWD/tree" "$PWD/state" > scan;`;

  it("is the builder's before and after", () => {
    carry(`${scanned} echo x > tree/etc/x;`, builders('target'), '--resolv-conf file');
    expect(restored()).toBe('nameserver 192.0.2.2\n');
    expect(restored('x')).toBe('x\n');
    expect(lstatSync(`${own}/target/etc/resolv.conf`).mode & 0o777).toBe(0o777);
  });

  it('is the link that they made of it', () => {
    const prepare = `${scanned} ln -sf ../run/stub.conf tree/etc/resolv.conf;`;
    carry(prepare, builders('target'), '--resolv-conf link');
    expect(readlinkSync(`${own}/target/etc/resolv.conf`)).toBe('../run/stub.conf');
  });

  it("is the builder's again when a later layer undoes the link", () => {
    const prepare = `${scanned} ln -sf ../run/stub.conf tree/etc/resolv.conf;`;
    carry(prepare, builders('target'), '--resolv-conf link');
    const [answer] = on(
      1,
      `rm tree/etc/resolv.conf; ${builders('tree')}
       layer save "$PWD/tree" "$PWD/state" "$PWD/blob-2"`,
    );
    expect(check({ path: `${own}/blob-2`, ...JSON.parse(answer ?? '') })).toBeNull();
    on(
      2,
      `rm -r target; ${builders('target')}
       layer restore "$PWD/target" "$PWD/restored" "$PWD/blob" "$PWD/blob-2" --resolv-conf file`,
    );
    expect(restored()).toBe('nameserver 192.0.2.2\n');
  });

  it('has no copy with the name servers of the machine that saved it', () => {
    const prepare = `${scanned}
      cp --dereference --preserve=mode tree/etc/resolv.conf tree/etc/resolv.conf.kept;
      ln -sf ../run/stub.conf tree/etc/resolv.conf;`;
    carry(prepare, builders('target'), '--resolv-conf link');
    expect(restored('resolv.conf.kept')).toBe('nameserver 192.0.2.2\n');
    expect(lstatSync(`${own}/target/etc/resolv.conf.kept`).mode & 0o777).toBe(0o777);
  });

  it('makes saving be refused when it is immutable, as diskimage-builder then leaves it alone', () => {
    const [answer] = on(
      1,
      `${scanned} chattr +i tree/etc/resolv.conf
       layer save "$PWD/tree" "$PWD/state" "$PWD/blob"; chattr -i tree/etc/resolv.conf`,
    );
    expect(JSON.parse(answer ?? '')).toEqual({
      refused: '/etc/resolv.conf is immutable, which no archive can hold',
    });
  });
});
