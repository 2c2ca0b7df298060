import type { Problem } from '../../errors.ts';
import type { OptionNames, Words } from '../../model/words.ts';
import { suggest } from './nearest.ts';

/** Takes the words after a command apart: options (`--name value`, `--name=value`) and names; `--` ends the options. */
export function readWords(args: readonly string[], options: OptionNames): Words {
  const values: Record<string, string> = {};
  const names: string[] = [];
  const mistakes: Problem[] = [];
  const rest = [...args];
  let onlyNames = false;
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (onlyNames || !word.startsWith('-') || word === '-') {
      names.push(word);
    } else if (word === '--') {
      onlyNames = true;
    } else {
      readOption(word, rest, values, options, mistakes);
    }
  }
  return { values, names, mistakes };
}

function readOption(
  word: string,
  rest: string[],
  values: Record<string, string>,
  { command, valued, flags }: OptionNames,
  mistakes: Problem[],
): void {
  const hint = `See trove-image ${command} --help.`;
  const [, name = '', given] = /^([^=]*)(?:=(.*))?$/s.exec(word) ?? [];
  const takesValue = valued.includes(name);
  if (!takesValue && !flags.includes(name)) {
    const message = `${JSON.stringify(name)} is not an option of ${command}.${suggest(name, [...valued, ...flags])}`;
    mistakes.push({ code: 'unknown-input', message, hint });
    return;
  }
  if (!takesValue && given !== undefined) {
    mistakes.push({ code: 'stray-argument', message: `${name} takes no value.`, hint });
    return;
  }
  // what begins like an option is one: a value that was forgotten does not take it
  const next = rest[0]?.startsWith('--') ? undefined : rest[0];
  const value = takesValue ? (given ?? next) : 'true';
  if (takesValue && given === undefined && next !== undefined) rest.shift();
  if (value === undefined || value === '') {
    mistakes.push({ code: 'stray-argument', message: `${name} has no value.`, hint });
    return;
  }
  values[name] = value;
}
