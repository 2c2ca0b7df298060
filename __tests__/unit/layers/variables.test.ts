import { describe, expect, it } from '@jest/globals';
import { mayRead, parseEnvironment, selectVariables } from '../../../src/core/layers/variables.ts';

describe('an environment dump', () => {
  it.each([
    ['A=1\0B=2\0', { A: '1', B: '2' }],
    ['A=1\0B=2', { A: '1', B: '2' }],
    ['A=\0', { A: '' }],
    ['A=b=c=\0', { A: 'b=c=' }],
    ['A=two\nlines\0B=2\0', { A: 'two\nlines', B: '2' }],
    ['BASH_FUNC_x%%=() {  true;\n}\0A=1\0', { 'BASH_FUNC_x%%': '() {  true;\n}', A: '1' }],
    ['=C:=x\0A\0\0B=1\0', { B: '1' }],
    ['A=1\0A=2\0', { A: '2' }],
    ['A=ünï\u2028\0', { A: 'ünï\u2028' }],
    ['', {}],
  ])('%j is read as it is meant', (dump, expected) => {
    expect(parseEnvironment(dump)).toEqual(expected);
  });

  it('may hold names that every object has', () => {
    expect(parseEnvironment('constructor=1\0toString=2\0')).toEqual({
      constructor: '1',
      toString: '2',
    });
  });
});

describe('the variables that count', () => {
  const environment = {
    PIP_INDEX_URL: 'u',
    HOME: '/root',
    TMP_HOOKS_PATH: '/x',
    IMAGE_ELEMENT: 'base',
    DIB_ONE: '1',
    DIB_TWO_NAMES: '2',
    DIB_TWO_WORDS: '2',
    TROVE_ONE: '1',
    DIB_IMAGE_CACHE: '/x',
    AAA: 'first',
  };
  const always = ['AAA', 'PIP_INDEX_URL'];
  const named = (...texts: readonly (string | null)[]): readonly string[] =>
    Object.keys(selectVariables(environment, texts)).filter((name) => !always.includes(name));
  const all = ['DIB_ONE', 'DIB_TWO_NAMES', 'DIB_TWO_WORDS', 'IMAGE_ELEMENT', 'TROVE_ONE'];

  it('are sorted, whatever order they came in', () => {
    expect(Object.keys(selectVariables(environment, []))).toEqual(always);
    expect(Object.keys(selectVariables(environment, [null]))).toEqual([
      ...['AAA', ...all.slice(0, 4), 'PIP_INDEX_URL', 'TROVE_ONE'],
    ]);
  });

  it('of Trove’s development images are read by name, too', () => {
    const more = { DEV_MODE: 'true', HOST_SCP_USERNAME: 'zuul', SSH_DIR: '/x', DEV_OTHER: '1' };
    const of = (text: string) => Object.keys(selectVariables(more, [text]));
    expect(of('true')).toEqual(['DEV_OTHER']);
    expect(of('[[ $DEV_MODE == true ]] && echo $HOST_SCP_USERNAME')).toEqual([
      'DEV_MODE',
      'DEV_OTHER',
      'HOST_SCP_USERNAME',
    ]);
    expect(of('echo SSH_$x')).toEqual(['DEV_OTHER', 'SSH_DIR']);
    expect(of('env')).toEqual(Object.keys(more).sort());
  });

  const dollar = '$';
  const rows: readonly (readonly [string, readonly string[]])[] = [
    ['echo $DIB_ONE', ['DIB_ONE']],
    [`echo ${dollar}{DIB_ONE:-2}`, ['DIB_ONE']],
    ['os.environ["DIB_ONE"]', ['DIB_ONE']],
    ["os.environ.get('TROVE_ONE')", ['TROVE_ONE']],
    ['[ -v DIB_ONE ]', ['DIB_ONE']],
    ['echo "$DIB_ONE$TROVE_ONE"', ['DIB_ONE', 'TROVE_ONE']],
    ['echo $DIB_ONES $MYDIB_ONE $DIB_ON', []],
    [`v=DIB_TWO_${dollar}x; echo ${dollar}{!v}`, ['DIB_TWO_NAMES', 'DIB_TWO_WORDS']],
    [`v=DIB_${dollar}x`, ['DIB_ONE', 'DIB_TWO_NAMES', 'DIB_TWO_WORDS']],
    [`prefix=DIB; v=${dollar}{prefix}_ONE`, ['DIB_ONE', 'DIB_TWO_NAMES', 'DIB_TWO_WORDS']],
    [`v=TROVE_${dollar}x`, ['TROVE_ONE']],
    ['echo $IMAGE_ELEMENT', ['IMAGE_ELEMENT']],
    ['# reads DIB_ONE', []],
    ['  # reads DIB_ONE', []],
    ['true # reads DIB_ONE', ['DIB_ONE']],
    ['echo $DIB_IMAGE_CACHE $TMP_HOOKS_PATH $HOME', []],
    ['', []],
  ];
  it.each(rows)('for "%s" are %j, and what any program may read', (text, expected) => {
    expect(named(text)).toEqual(expected);
  });

  it('are those of all scripts together', () => {
    expect(named('$DIB_ONE', '$TROVE_ONE')).toEqual(['DIB_ONE', 'TROVE_ONE']);
  });

  const dumps = [
    ...['printenv', 'printenv | sort', 'export -p', 'declare -p', 'declare -px > x', 'compgen -v'],
    ...['compgen -e', 'env', 'env | sort', 'env > /x', 'env -0 | x', 'env --null > x', 'x=$(env)'],
    ...[
      'true; env',
      'true && env',
      'true || env',
      '(env)',
      'set > /x',
      'set | grep x',
      'export > x',
    ],
    ...['typeset -p', 'cat /proc/self/environ', 'tr x y < /proc/$$/environ'],
    ...['for k, v in os.environ.items():', 'json.dumps(dict(os.environ))', 'os.environ.copy()'],
    ...['[k for k in os.environ if k]', 'for name in os.environ:', 'sorted(os.environ)'],
  ];
  it.each(dumps)('are all there are for "%s", which hands on every one', (text) => {
    expect(named('true', `first\n${text}\nlast`)).toEqual(all);
  });

  const noDumps = [
    ...[
      '#!/usr/bin/env python3',
      'env A=1 program',
      'env -u A program',
      'set -eu',
      'set -o pipefail',
    ],
    ...['export A=1', 'environment', 'printenvy', 'os.environ["A"]', 'if a not in os.environ:'],
    ...['os.environ.get("A")', 'virtualenv x', '. env.sh', 'setup > x', 'pyenv | x'],
  ];
  it.each(noDumps)('are not more for "%s"', (text) => {
    expect(named(`first\n${text}\nlast`)).toEqual([]);
  });

  it('are all there are where the text of a script is not known', () => {
    expect(named('true', null)).toEqual(all);
  });
});

describe('a script', () => {
  const rows = [
    ['DIB_ONE', '$DIB_ONE', true],
    ['DIB_ONE', '$DIB_TWO', false],
    ['DIB_ONE', '# $DIB_ONE', false],
    ['DIB_ONE', 'v=DIB_$x', true],
    ['DIB_ONE', 'env | sort', true],
    ['DIB_ONE', null, true],
    ['TROVE_PASSWORD', 'echo $TROVE_USER', false],
    ['PIP_INDEX_URL', 'true', true],
    ['http_proxy', '', true],
  ] as const;

  it.each(rows)('may or may not read %s: "%s" is %j', (name, text, expected) => {
    expect(mayRead(text, name)).toBe(expected);
  });
});
