import { StringDecoder } from 'node:string_decoder';
import { maskText, parseWorkflowCommand, type WorkflowCommand } from './workflow-commands.ts';

/** An error, warning or notice; `message` is masked as the runner does, `properties` are as written. */
export interface Annotation {
  level: 'error' | 'warning' | 'notice';
  message: string;
  properties: Record<string, string>;
}

/** A chapter of the log, with the lines that a reader sees in it. */
export interface LogGroup {
  title: string;
  lines: string[];
  closed: boolean;
}

export interface StepLog {
  /** Every line as the process wrote it. */
  log: string;
  /** What a reader of the job's page sees: commands rendered, masked from the moment a mask is known. */
  visibleLog: string;
  masks: string[];
  annotations: Annotation[];
  groups: LogGroup[];
}

export interface LogRecorder {
  /** Takes bytes of one of the process's streams; lines of different streams are never mixed. */
  write(stream: 'stdout' | 'stderr', chunk: Buffer): void;
  finish(): StepLog;
}

export interface RecorderOptions {
  /** Values masked from the start; the job's later steps see those that this step adds. */
  masks: string[];
  showDebug: boolean;
  onLine?(line: string): void;
}

/** Reads a step's output line by line as the runner does, and acts on the commands in it. */
export function createLogRecorder(options: RecorderOptions): LogRecorder {
  const state: RecorderState = {
    options,
    lines: [],
    visibleLines: [],
    annotations: [],
    groups: [],
    stopToken: undefined,
  };
  const streams = { stdout: new LineSplitter(), stderr: new LineSplitter() };
  const take = (line: string): void => {
    state.lines.push(line);
    takeLine(state, line);
    options.onLine?.(line);
  };
  return {
    write: (stream, chunk) => streams[stream].push(chunk).forEach(take),
    finish() {
      for (const splitter of Object.values(streams)) splitter.end().forEach(take);
      return {
        log: state.lines.join('\n'),
        visibleLog: state.visibleLines.join('\n'),
        masks: [...options.masks],
        annotations: state.annotations,
        groups: state.groups,
      };
    },
  };
}

interface RecorderState {
  options: RecorderOptions;
  lines: string[];
  visibleLines: string[];
  annotations: Annotation[];
  groups: LogGroup[];
  /** Set while the process has asked that its output be taken as plain text. */
  stopToken: string | undefined;
}

function takeLine(state: RecorderState, line: string): void {
  const command = parseWorkflowCommand(line);
  if (state.stopToken !== undefined) {
    if (command?.name === state.stopToken) state.stopToken = undefined;
    show(state, line);
    return;
  }
  if (!command || !obey(state, command)) show(state, line);
}

/** False for what is no command of the runner, which is then shown as text. */
function obey(state: RecorderState, command: WorkflowCommand): boolean {
  const { name, message, properties } = command;
  switch (name) {
    case 'add-mask':
      addMask(state.options.masks, message);
      return true;
    case 'error':
    case 'warning':
    case 'notice': {
      const masked = maskText(message, state.options.masks);
      state.annotations.push({ level: name, message: masked, properties });
      show(state, `##[${name}]${message}`);
      return true;
    }
    case 'debug':
      if (state.options.showDebug) show(state, `##[debug]${message}`);
      return true;
    case 'group':
      show(state, `##[group]${message}`);
      state.groups.push({
        title: maskText(message, state.options.masks),
        lines: [],
        closed: false,
      });
      return true;
    case 'endgroup': {
      const group = state.groups.at(-1);
      if (group) group.closed = true;
      show(state, '##[endgroup]');
      return true;
    }
    case 'stop-commands':
      state.stopToken = message.toLowerCase();
      show(state, `::stop-commands::${message}`);
      return true;
    default:
      return false;
  }
}

/** A value of several lines is masked as a whole and line by line, since logs show lines. */
function addMask(masks: string[], value: string): void {
  for (const part of new Set([value, ...value.split(/[\r\n]+/)])) {
    if (part !== '' && !masks.includes(part)) masks.push(part);
  }
}

function show(state: RecorderState, text: string): void {
  const visible = maskText(text, state.options.masks);
  state.visibleLines.push(visible);
  const group = state.groups.at(-1);
  if (group && !group.closed && visible !== '##[endgroup]') group.lines.push(visible);
}

class LineSplitter {
  private readonly decoder = new StringDecoder('utf8');
  private rest = '';

  push(chunk: Buffer): string[] {
    const lines = (this.rest + this.decoder.write(chunk)).split(/\r?\n/);
    this.rest = lines.pop() ?? '';
    return lines;
  }

  end(): string[] {
    const last = this.rest + this.decoder.end();
    this.rest = '';
    return last === '' ? [] : [last];
  }
}
