import { describe, expect, it } from '@jest/globals';
import { composePublishOutputs } from '../../../src/core/publish/outputs.ts';
import {
  composeRollback,
  findWorst,
  type PlacedReport,
  renderPublishSummary,
  renderReport,
} from '../../../src/core/publish/summary.ts';
import { publishOutputTable } from '../../../src/model/publish-outputs.ts';

const named = (id: string, why = 'can be put back') => ({ id, name: `guest-${id}`, why });
const report = (changes: Partial<PlacedReport> = {}): PlacedReport => ({
  ...{ outcome: 'published', code: null, why: 'guest-2 is promoted', hint: '' },
  ...{ promoted: named('2', 'is what Trove shall find'), replaced: [named('1')] },
  ...{ kept: [named('1')], deleted: [named('0', 'Delete an old image')] },
  ...{ versions: ['Create datastore version mysql 8.4'], warnings: [], rollbackFrom: '2' },
  ...{ cloud: 'east', line: 'guest', troveManage: [] },
  ...changes,
});
const failed = report({
  ...{ outcome: 'failed', code: 'glance-refused', why: 'Promote: 503', hint: 'Publish again.' },
  ...{ promoted: null, replaced: [], kept: [], deleted: [], versions: [], rollbackFrom: null },
  ...{ cloud: 'west', warnings: ['Delete guest-0: no'] },
});
const superseded = report({ outcome: 'superseded', cloud: 'north' });
const code = (text: string): string => `<code>${text}</code>`;
const showName = (text: string): string => text.replaceAll('\u001b', '\\e');

describe('the report of a cloud', () => {
  it('says what became of every image, and how to go back', () => {
    expect(renderReport(report(), showName).split('\n')).toEqual([
      'east: published. guest-2 is promoted',
      '  promoted guest-2 (2): is what Trove shall find',
      '  replaced guest-1 (1): can be put back',
      '  kept     guest-1 (1): can be put back',
      '  deleted  guest-0 (0): Delete an old image',
      '  done     Create datastore version mysql 8.4',
      '  To go back: trove-image publish --rollback --cloud east --glance-name guest --rollback-from 2',
    ]);
  });

  it('says what a controller has to run, and what could not be done', () => {
    const text = renderReport({ ...failed, troveManage: ['trove-manage x'] }, showName);
    expect(text.split('\n')).toEqual([
      'west: failed. Promote: 503',
      '  Warning: Delete guest-0: no',
      '  This login may not register datastore versions (that needs the admin role). On the controller:',
      '    trove-manage x',
    ]);
  });

  it('never gives a terminal what other people have put into a name', () => {
    const evil = '\u001b[2J';
    const text = renderReport(
      report({
        ...{ cloud: evil, why: evil, warnings: [evil], versions: [evil] },
        ...{ kept: [{ id: '1', name: evil, why: evil }], rollbackFrom: null },
      }),
      showName,
    );
    expect(text).not.toContain('\u001b');
    expect(text.split('\\e[2J')).toHaveLength(7);
  });
});

describe('the command to go back', () => {
  it.each<[Partial<PlacedReport>, string]>([
    [{}, 'trove-image publish --rollback --cloud east --glance-name guest --rollback-from 2'],
    [
      { cloud: 'the cloud of the environment' },
      'trove-image publish --rollback --glance-name guest --rollback-from 2',
    ],
    [{ rollbackFrom: null }, 'trove-image publish --rollback --cloud east --glance-name guest'],
  ])('of %j is %s', (changes, command) => {
    expect(composeRollback(report(changes))).toBe(command);
  });
});

describe('the worst of several reports', () => {
  it.each<[string, readonly PlacedReport[], PlacedReport | undefined]>([
    ['an error', [superseded, report(), failed], failed],
    ['newer source', [report(), superseded], superseded],
    ['the first one', [report(), report({ cloud: 'south' })], report()],
    ['none of none', [], undefined],
  ])('is %s', (_, reports, worst) => {
    expect(findWorst(reports)).toEqual(worst);
  });
});

describe('the outputs', () => {
  it('are those of the table, all texts', () => {
    for (const reports of [[], [report()], [failed, report()]]) {
      const outputs = composePublishOutputs(reports);
      expect(Object.keys(outputs)).toEqual(publishOutputTable.map(({ name }) => name));
      for (const value of Object.values(outputs)) expect(typeof value).toBe('string');
    }
  });

  it('are empty when nothing was to be done, but for published', () => {
    expect(Object.values(composePublishOutputs([]))).toEqual(['false', '', '', '', '', '']);
  });

  it('tell what Trove finds, what was done, and how to go back', () => {
    expect(composePublishOutputs([report()])).toEqual({
      ...{ published: 'true', outcome: 'published', 'glance-image-id': '2' },
      'datastore-versions': '["Create datastore version mysql 8.4"]',
      'publish-report': JSON.stringify([report()]),
      'rollback-command': composeRollback(report()),
    });
  });

  it.each<[string, readonly PlacedReport[], string, string]>([
    [
      'published in all clouds',
      [report(), report({ outcome: 'already-published' })],
      'true',
      'published',
    ],
    ['failed in one', [report(), failed], 'false', 'failed'],
    ['superseded', [superseded], 'false', 'superseded'],
    ['rolled back', [report({ outcome: 'rolled-back' })], 'false', 'rolled-back'],
  ])('say published only when it is: %s', (_, reports, published, outcome) => {
    expect(composePublishOutputs(reports)).toMatchObject({ published, outcome });
  });
});

describe('the step summary', () => {
  it('has a row and a section for every cloud, and says what to do', () => {
    const text = renderPublishSummary([report(), { ...failed, troveManage: ['x'] }], code);
    expect(text).toContain('## Trove guest image <code>guest</code>: not published');
    expect(text).toContain('| east | published | <code>guest-2</code><br><code>2</code> |');
    expect(text).toContain('| west | failed |  |');
    expect(text).toContain('### west\n\nPromote: 503. **What to do:** Publish again.');
    expect(text).toContain('- **Warning:** Delete guest-0: no');
    expect(text).toContain('```sh\nx\n```');
    expect(text).toContain(`\`\`\`sh\n${composeRollback(report())}\n\`\`\``);
    expect(renderPublishSummary([report()], code)).toMatch(/guest<\/code>: published\n/);
  });

  it('takes no heading, table, link or tag from texts of others', () => {
    const evil = '<img src=x> | [a](b) `c`\n# d *e* _f_ ~g~ \\';
    const text = renderPublishSummary([report({ cloud: evil, why: evil, warnings: [evil] })], code);
    expect(text).not.toContain('<img');
    expect(text).not.toMatch(/^# d/m);
    expect(text).not.toMatch(/(?<!\\)[[\]]/);
    expect(text.match(/^\|.*\|$/gm)?.map((row) => row.match(/(?<!\\)\|/g)?.length)).toEqual([
      4, 4, 4,
    ]);
  });
});
