import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { check, linesInNamespace, openBench, runInNamespace } from '../support/layer/bench.ts';

const bench = openBench('layer-mounts-');
const { folder, at } = bench;
let count = 0;
/** Directory of one test. */
let own = '';

beforeEach(() => {
  count += 1;
  own = bench.place(`test-${count}`);
});
afterAll(() => bench.close());

const lines = (script: string): string[] => linesInNamespace(own, script);
const json = (line: string | undefined) => JSON.parse(line ?? 'null');

describe('what is mounted in a tree', () => {
  const mountAll = `
    mkdir -p tree/bind tree/memory 'tree/odd name' tree/deep/er outside
    mount --bind outside tree/bind
    mount -t tmpfs none tree/memory
    mount --bind outside 'tree/odd name'
    mount -t tmpfs none tree/deep/er
  `;

  it('is listed, with names as they are', () => {
    const [answer] = lines(`${mountAll} layer mounts "$PWD/tree"`);
    expect(json(answer)).toEqual({
      ...{ mounts: ['bind', 'deep/er', 'memory', 'odd name'], byHook: {}, impure: [] },
    });
  });

  it('is not saved; what it hides is', () => {
    const [answer] = lines(`
      mkdir -p tree/bind; echo hidden > tree/bind/hidden
      ${mountAll}
      echo outside > outside/file; echo memory > tree/memory/file; echo own > tree/file
      layer save "$PWD/tree" "$PWD/state" "$PWD/blob"
    `);
    const saved = { path: `${own}/blob`, ...json(answer) };
    expect(check(saved)).toBeNull();
    const { kinds } = JSON.parse(readFileSync(`${own}/blob.members`, 'utf8'));
    expect(Object.keys(kinds)).toEqual(
      ['bind', 'bind/hidden', 'deep', 'deep/er', 'file', 'memory', 'odd name'].sort(),
    );
  });

  it('is not written to when a layer is restored, nor emptied by what the layer deletes', () => {
    const [first] = lines(`
      mkdir -p tree/bind tree/memory tree/deep/er; echo layer > tree/bind/file
      layer save "$PWD/tree" "$PWD/state" "$PWD/blob-1"
    `);
    const [second] = lines(`
      rm -r tree/deep; echo more > tree/bind/more
      layer save "$PWD/tree" "$PWD/state" "$PWD/blob-2"
    `);
    expect(check({ path: `${own}/blob-1`, ...json(first) })).toBeNull();
    expect(check({ path: `${own}/blob-2`, ...json(second) })).toBeNull();
    const seen = lines(`
      mkdir -p target outside; cd target; mkdir -p bind deep/er; cd ..
      echo outside > outside/file
      mount --bind outside target/bind
      layer restore "$PWD/target" "$PWD/restored" "$PWD/blob-1" > answer
      cat target/bind/file outside/file; ls outside
    `);
    expect(seen).toEqual(['outside', 'outside', 'file']);
    expect(readFileSync(`${own}/target/bind/file`, 'utf8')).toBe('layer\n');

    // a mount point cannot go away; what is mounted there must not be emptied instead
    const busy = runInNamespace(
      own,
      `mount --bind outside target/deep/er
       layer restore "$PWD/target" "$PWD/restored" "$PWD/blob-2" || true`,
    );
    expect(busy.status).toBe(0);
    expect(readdirSync(`${own}/outside`)).toEqual(['file']);
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(folder);
  });
});

describe('a root hook that speaks of mounting', () => {
  const hook = (name: string, body: string): void => {
    mkdirSync(`${own}/hooks/root.d`, { recursive: true });
    writeFileSync(`${own}/hooks/root.d/${name}`, `#!/bin/bash\nset -eu\n${body}\n`);
    chmodSync(`${own}/hooks/root.d/${name}`, 0o755);
  };
  const runHooks = `
    mkdir -p tree/etc tree/cache cache; echo base > tree/etc/base; echo cached > cache/package
    export TARGET_ROOT="$PWD/tree"
    layer watch "$PWD/hooks" "$PWD/results"
    for hook in hooks/root.d/*; do echo "$hook: $("$hook" || echo status $?)" >> said; done
    layer mounts "$PWD/tree" --results "$PWD/results"
    cat said
  `;

  it('and does nothing else is known by what it mounts, which the build then sees', () => {
    hook('10-cache', 'mount --bind "$TARGET_ROOT/../cache" "$TARGET_ROOT/cache"');
    hook('20-new-place', 'mkdir -p "$TARGET_ROOT/a/b"; mount -t tmpfs none "$TARGET_ROOT/a/b"');
    hook('30-plain', 'echo more > "$TARGET_ROOT/etc/more"');
    hook('40-speaks of it', 'echo "this will mount nothing"');
    hook('50-notes', '# would mount nothing');
    const [watched, answer] = lines(
      `${runHooks} cat tree/cache/package >> said; ls -A hooks/root.d`,
    );
    expect(json(watched)).toEqual({ watched: ['10-cache', '20-new-place', '40-speaks of it'] });
    expect(json(answer)).toEqual({
      mounts: ['a/b', 'cache'],
      byHook: { '10-cache': ['cache'], '20-new-place': ['a/b'] },
      impure: [],
    });
    expect(readFileSync(`${own}/said`, 'utf8')).toContain('cached\n');
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(folder);
  });

  it.each([
    ['writes a file', 'echo x > "$TARGET_ROOT/etc/x"'],
    ['changes a file', 'echo x >> "$TARGET_ROOT/etc/base"'],
    ['changes the mode of a file', 'chmod 600 "$TARGET_ROOT/etc/base"'],
    ['removes a file', 'rm "$TARGET_ROOT/etc/base"'],
    ['makes a link', 'ln -s base "$TARGET_ROOT/etc/link"'],
    ['makes another directory', 'mkdir "$TARGET_ROOT/etc/conf.d"'],
    ['removes a directory', 'rm -r "$TARGET_ROOT/etc"'],
    ['changes the mode of a directory', 'chmod 700 "$TARGET_ROOT/etc"'],
  ])('and also %s is told apart', (_, body) => {
    hook('10-both', `${body}; mount -t tmpfs none "$TARGET_ROOT/cache"`);
    const [, answer] = lines(runHooks);
    expect(json(answer)).toEqual({ mounts: ['cache'], byHook: {}, impure: ['10-both'] });
  });

  it("and fails, fails as before: the watch passes on the hook's exit status", () => {
    hook('10-fails', 'mount --bind /nowhere/at/all "$TARGET_ROOT/cache" 2> /dev/null || exit 42');
    hook('20-killed', 'kill -9 $$; mount');
    hook("30-'quoted' $name", 'exit 3; mount');
    const [watched, answer, ...said] = lines(runHooks);
    expect(json(watched).watched).toHaveLength(3);
    expect(json(answer)).toEqual({ mounts: [], byHook: {}, impure: [] });
    expect(said).toEqual([
      'hooks/root.d/10-fails: status 42',
      'hooks/root.d/20-killed: status 137',
      "hooks/root.d/30-'quoted' $name: status 3",
    ]);
  });

  it('sees the environment, and the mounts that hooks before it made', () => {
    hook('10-cache', 'mount --bind "$TARGET_ROOT/../cache" "$TARGET_ROOT/cache"');
    hook('20-reads', 'cat "$TARGET_ROOT/cache/package"; echo "$TARGET_ROOT"; : mount');
    const said = lines(runHooks);
    expect(said).toContain('hooks/root.d/20-reads: cached');
    expect(said).toContain(at(`test-${count}/tree`));
    expect(existsSync(`${own}/results/20-reads.json`)).toBe(true);
  });
});
