/** How far a transfer is, for people. */
export function describeProgress(
  cloud: string,
  verb: 'sent' | 'read',
  bytes: number,
  sizeBytes: number,
  elapsedMs: number,
): string {
  const percent = sizeBytes === 0 ? 0 : Math.floor((bytes / sizeBytes) * 100);
  const rate = elapsedMs === 0 ? 0 : bytes / 1e6 / (elapsedMs / 1000);
  const left = rate === 0 ? '' : `, ${describeSeconds((sizeBytes - bytes) / 1e6 / rate)} left`;
  return `${cloud}: ${percent} % of ${megabytes(sizeBytes)} ${verb}, ${rate.toFixed(0)} MB/s${left}`;
}

const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;
const describeSeconds = (seconds: number): string =>
  seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
