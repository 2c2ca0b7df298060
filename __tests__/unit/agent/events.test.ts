import { describe, expect, it } from '@jest/globals';
import { readAgentEvent } from '../../../src/core/agent/events.ts';

describe('a line of the program that proves an agent', () => {
  it('is an event', () => {
    const line = '{"event": "status", "status": "building", "seconds": 155.2}';
    expect(readAgentEvent(line)).toEqual({ event: 'status', status: 'building', seconds: 155.2 });
  });

  it.each(['', 'Traceback (most recent call last):', '{"event": "other"}', '{"event": ', '{}'])(
    'is none: %s',
    (line) => {
      expect(readAgentEvent(line)).toBeNull();
    },
  );
});
