/** A line of a step's log that the runner takes as an order instead of text. */
export interface WorkflowCommand {
  name: string;
  properties: Record<string, string>;
  message: string;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '%25': '%',
  '%0D': '\r',
  '%0A': '\n',
  '%3A': ':',
  '%2C': ',',
};

/** Reads `::name key=value,key=value::message`; undefined for any other line. */
export function parseWorkflowCommand(line: string): WorkflowCommand | undefined {
  const match = /^\s*::([^\s:]+)(?:\s+(.*?))?::(.*)$/s.exec(line);
  if (!match) return undefined;
  const [, name = '', propertyText = '', message = ''] = match;
  const properties: Record<string, string> = {};
  for (const pair of propertyText.split(',')) {
    const equals = pair.indexOf('=');
    if (equals < 1) continue;
    const value = pair.slice(equals + 1);
    properties[pair.slice(0, equals).trim()] = decode(value, /%(?:25|0D|0A|3A|2C)/g);
  }
  // Colons and commas are escaped in properties only.
  return { name: name.toLowerCase(), properties, message: decode(message, /%(?:25|0D|0A)/g) };
}

function decode(text: string, pattern: RegExp): string {
  return text.replace(pattern, (escaped) => ESCAPES[escaped] ?? escaped);
}

/** Replaces every masked value by `***`; values that touch or overlap become one. */
export function maskText(text: string, masks: readonly string[]): string {
  const ranges = masks.flatMap((mask) => findAll(text, mask)).sort((a, b) => a.start - b.start);
  let masked = '';
  let position = 0;
  let coveredTo = -1;
  for (const { start, end } of ranges) {
    if (start > coveredTo) masked += `${text.slice(position, start)}***`;
    coveredTo = Math.max(coveredTo, end);
    position = coveredTo;
  }
  return masked + text.slice(position);
}

function findAll(text: string, value: string): { start: number; end: number }[] {
  const found: { start: number; end: number }[] = [];
  if (value === '') return found;
  let start = text.indexOf(value);
  while (start >= 0) {
    found.push({ start, end: start + value.length });
    start = text.indexOf(value, start + 1);
  }
  return found;
}
