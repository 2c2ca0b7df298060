import type { AgentEvent } from '../../model/agent.ts';

const names: ReadonlySet<unknown> = new Set<AgentEvent['event']>([
  'ready',
  'status',
  'check',
  'failed',
]);

/** A line of `host/agent-proof`; null for what its libraries say. */
export function readAgentEvent(line: string): AgentEvent | null {
  if (!line.startsWith('{')) return null;
  try {
    const value = JSON.parse(line) as { readonly event?: unknown };
    return names.has(value.event) ? (value as AgentEvent) : null;
  } catch {
    return null;
  }
}
