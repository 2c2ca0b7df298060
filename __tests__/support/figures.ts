import { appendFileSync } from 'node:fs';

/** Notes what a row of a fault table has measured; the report of `npm run faults` shows it beside the row. */
export function noteFigure(id: string, figure: string): void {
  const path = process.env.FAULT_FIGURES;
  if (path !== undefined) appendFileSync(path, `${JSON.stringify({ id, figure })}\n`);
}
