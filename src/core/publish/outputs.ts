import type { PublishOutputs } from '../../model/publish-outputs.ts';
import { composeRollback, findWorst, type PlacedReport } from './summary.ts';

/** The outputs about a publication; all empty but `published` when there was none. */
export function composePublishOutputs(reports: readonly PlacedReport[]): PublishOutputs {
  const first = reports[0];
  const isPublished = ({ outcome }: PlacedReport): boolean =>
    outcome === 'published' || outcome === 'already-published';
  return {
    published: String(reports.length > 0 && reports.every(isPublished)),
    outcome: findWorst(reports)?.outcome ?? '',
    'glance-image-id': first?.promoted?.id ?? '',
    'datastore-versions':
      first === undefined ? '' : JSON.stringify(reports.flatMap(({ versions }) => versions)),
    'publish-report': first === undefined ? '' : JSON.stringify(reports),
    'rollback-command':
      first === undefined || first.rollbackFrom === null ? '' : composeRollback(first),
  };
}
