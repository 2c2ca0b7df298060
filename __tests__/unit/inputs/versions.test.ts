import { describe, expect, it } from '@jest/globals';
import { publicationMistakes, publicationOf } from '../support/publication.ts';

const read = (line: string, tags = 'trove mysql') =>
  publicationOf({ 'datastore-versions': line, tags }).versions;
const messagesOf = (lines: string, tags = 'trove mysql') =>
  publicationMistakes({ 'datastore-versions': lines, tags }).map(({ message }) => message);

describe('a line of datastore-versions', () => {
  const plain = {
    ...{ datastore: 'mysql', name: '8.4', version: '8.4', manager: 'mysql', find: 'tags' },
    ...{ tags: null, active: true, isDefault: false, parametersPath: '' },
  };

  it.each<[string, object]>([
    ['mysql 8.4', {}],
    ['  mysql \t 8.4  # the newest', {}],
    ['mysql 8.4 version=8.4.3', { version: '8.4.3' }],
    ['mysql 8.4 manager=mariadb', { manager: 'mariadb' }],
    ['mysql 8.4 find=id', { find: 'id' }],
    ['mysql 8.4 find=tags tags=mysql,trove', { tags: ['mysql', 'trove'] }],
    ['mysql 8.4 tags=mysql,,', { tags: ['mysql'] }],
    ['mysql 8.4 active=false', { active: false }],
    ['mysql 8.4 default=true active=true', { isDefault: true }],
    ['mysql 8.4 default=false', { isDefault: false }],
    ['mysql 8.4 parameters=rules/mysql.json', { parametersPath: '/srv/checkout/rules/mysql.json' }],
    ['mysql 8.4 parameters=/a/../b=c.json', { parametersPath: '/b=c.json' }],
    ['mysql 8.4 parameters=$(id).json', { parametersPath: '/srv/checkout/$(id).json' }],
  ])('%j is read', (line, part) => {
    expect(read(line)).toEqual([{ ...plain, ...part }]);
  });

  it('may be one of several: of two datastores, or two versions of one name', () => {
    const lines = 'mysql 8.4 default=true\n\nmysql 8.4 version=8.4.3\nmariadb 11 default=true\n';
    expect(read(lines)).toHaveLength(3);
  });

  it.each<[string, string]>([
    ['mysql', 'It begins with a datastore and a name.'],
    ['mysql find=id', 'It begins with a datastore and a name.'],
    ['-rf 8.4', 'It begins with a datastore and a name.'],
    ['mysql --version', 'It begins with a datastore and a name.'],
    ['mysql,x 8.4', 'It begins with a datastore and a name.'],
    ['$(id) 8.4', 'It begins with a datastore and a name.'],
    ["'mysql' 8.4", 'It begins with a datastore and a name.'],
    ['mysql 8.4 mnager=x', '"mnager" is not known. Did you mean "manager"?'],
    ['mysql 8.4 now', '"now" is not known.'],
    ['mysql 8.4 __proto__=x', '"__proto__" is not known.'],
    ['mysql 8.4 manager=', 'manager has no value.'],
    ['mysql 8.4 manager', 'manager has no value.'],
    ['mysql 8.4 tags=', 'tags has no value.'],
    ['mysql 8.4 tags=,', 'tags has no value.'],
    ['mysql 8.4 manager=--help', 'manager is no name.'],
    ['mysql 8.4 version=-1', 'version is no name.'],
    ['mysql 8.4 manager=$(id)', 'manager is no name.'],
    ['mysql 8.4 active=yes', 'active is true or false.'],
    ['mysql 8.4 default=TRUE', 'default is true or false.'],
    ['mysql 8.4 find=name', 'find is tags or id.'],
    ['mysql 8.4 default=true default=true', 'A word is there twice.'],
    ['mysql 8.4 default=true active=false', 'What is not active cannot be the default.'],
    ['mysql 8.4 find=id tags=mysql', 'With find=id there are no tags.'],
    ['mysql 8.4 tags=mysql,redis', 'Its tags redis are not among the tags of the image'],
  ])('%j is a mistake', (line, message) => {
    const messages = messagesOf(line);
    expect(messages).toEqual([expect.stringContaining(message)]);
    expect(messages[0]).toMatch(/^datastore-versions: got "/);
  });

  it('is refused beside others that are: every mistake of every line is told', () => {
    expect(messagesOf('mysql\nredis 7 find=x\nmariadb 11 speed=high')).toHaveLength(3);
  });

  it('is refused when it is there twice, in whatever words', () => {
    expect(messagesOf('mysql 8.4\nmysql 8.4 version=8.4 active=false')).toEqual([
      expect.stringContaining('It is there twice.'),
    ]);
  });

  it('is refused when its datastore has another default', () => {
    const lines = 'mysql 8.4 default=true\nmysql 8.0 default=true\nredis 7 default=true';
    expect(messagesOf(lines)).toEqual([
      expect.stringMatching(/^datastore-versions: got "mysql", .* It has two defaults\.$/),
    ]);
  });

  it('is refused with tags of its own when the image gets none that are written out', () => {
    expect(messagesOf('mysql 8.4 tags=mysql', '')).toEqual([
      expect.stringContaining('name them in tags'),
    ]);
  });
});

describe('tags that Trove asks for', () => {
  const [twenty, longer] = ['x'.repeat(20), 'x'.repeat(21)];
  const mistakesOf = (tags: string, line = 'mysql 8.4') => messagesOf(line, tags);

  it.each([
    ['five', 'a b c d e', 'mysql 8.4'],
    ['five that are named six times', 'a b c d e a', 'mysql 8.4'],
    ['one of twenty characters', twenty, 'mysql 8.4'],
    ['many, when the version asks for few of them', `a b c d e f ${longer}`, 'mysql 8.4 tags=a,b'],
    ['many, when the version names the image', `a b c d e f ${longer}`, 'mysql 8.4 find=id'],
    ['none: they come from the name then', '', 'mysql 8.4'],
    ['many, when there are no versions', `a b c d e f ${longer}`, ''],
  ])('may be %s', (_, tags, line) => {
    expect(mistakesOf(tags, line)).toEqual([]);
  });

  it.each([
    ['six', 'a b c d e f'],
    ['one of 21 characters', longer],
  ])('are refused when they are %s: Trove takes no more', (_, tags) => {
    expect(mistakesOf(tags)).toEqual([
      expect.stringMatching(/^tags: .* at most 5 tags of at most 20 characters, for mysql 8\.4\.$/),
    ]);
  });
});
