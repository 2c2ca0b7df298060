import type { OutputSpec } from './inputs.ts';

export const publishOutputTable = [
  {
    name: 'published',
    summary: 'true when this build is what Trove finds now, also when it was before; else false.',
  },
  {
    name: 'outcome',
    summary:
      'published, already-published, superseded (newer source is promoted), rolled-back, refused or failed; the worst of all clouds.',
  },
  {
    name: 'glance-image-id',
    summary: 'Id of the image that Trove finds (in the first cloud, when there are several).',
  },
  {
    name: 'datastore-versions',
    summary: 'What was done to datastore versions, as a JSON list of sentences.',
  },
  {
    name: 'publish-report',
    summary:
      'JSON list, one object for each cloud: outcome, promoted, replaced, kept, deleted, versions, warnings, rollbackFrom.',
  },
  {
    name: 'rollback-command',
    summary: 'The command that puts the predecessor back; empty when there is none.',
  },
] as const satisfies readonly OutputSpec[];

export type PublishOutputs = Readonly<Record<(typeof publishOutputTable)[number]['name'], string>>;
