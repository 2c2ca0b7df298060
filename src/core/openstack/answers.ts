import type { Refusal } from '../../model/publish-run.ts';

/** An answer of a service, as the port gives it. */
export type Answer =
  | { readonly kind: 'answer'; readonly status: number; readonly body: unknown }
  | { readonly kind: 'no-answer'; readonly reason: string };

/** Why a service did not do what it was asked; null when it did. */
export function readRefusal(answer: Answer): Refusal | null {
  if (answer.kind === 'no-answer') return { reason: 'unavailable', text: answer.reason };
  const { status, body } = answer;
  if (status >= 200 && status < 300) return null;
  return { reason: classify(status, body), text: `${status} ${quoteBody(body)}`.trim() };
}

function classify(status: number, body: unknown): Refusal['reason'] {
  // a token that has ended, as the middleware of every service says it: the next look has a new one
  if (status === 401 && typeof body === 'object' && body !== null && 'error' in body)
    return 'unavailable';
  if (status === 401 || status === 403) return 'forbidden';
  if (status === 404 || status === 410) return 'gone';
  if (status === 409) return 'conflict';
  if (status === 413) return 'too-large';
  if (status === 408 || status === 429 || status >= 500) return 'unavailable';
  return 'invalid';
}

/** The sentence in an answer: of Trove's `{type: {message}}`, of a page of Glance, or of a proxy. */
function quoteBody(body: unknown): string {
  const text = stripPage(typeof body === 'string' ? body : findMessage(body));
  return text.replace(/\s+/g, ' ').trim().slice(0, 300);
}

function findMessage(body: unknown): string {
  if (typeof body !== 'object' || body === null) return '';
  const { message } = body as { readonly message?: unknown };
  if (typeof message === 'string') return message;
  return (
    Object.values(body)
      .map(findMessage)
      .find((text) => text !== '') ?? ''
  );
}

const stripPage = (page: string): string =>
  page
    .replace(/<(title|head|style|script)\b[\s\S]*?<\/\1>/gi, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&#x27;', "'")
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&');

/** Milliseconds after which a service wants to be asked again, by its own clock; null when it does not say. */
export function readPause(headers: Readonly<Record<string, string>>): number | null {
  const text = headers['retry-after'] ?? '';
  const ms = /^\d+$/.test(text)
    ? Number(text) * 1000
    : Date.parse(text) - Date.parse(headers.date ?? '');
  return Number.isNaN(ms) ? null : Math.max(0, ms);
}

/** How long to wait before a try (1 is the second one): doubled each time, and what the service asks for, within a minute. */
export const chooseDelay = (tries: number, retryAfterMs: number | null): number =>
  Math.min(60_000, Math.max(retryAfterMs ?? 0, 500 * 2 ** tries));
