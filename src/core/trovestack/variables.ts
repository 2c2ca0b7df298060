import type { Problem } from '../../errors.ts';
import { secretName } from '../../model/secrets.ts';
import { trovestackVariables } from '../../model/trovestack.ts';
import type { TrovestackVariable } from '../../model/trovestack-row.ts';

export type Variables = Readonly<Record<string, string>>;

export const findRow = (name: string): TrovestackVariable | undefined =>
  trovestackVariables.find((each) => each.name === name);

/** Variables that trovestack or diskimage-builder knows; empty ones are not set. */
export function selectVariables(
  environment: Readonly<Record<string, string | undefined>>,
): Variables {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      value && (findRow(name) !== undefined || /^(DIB|OS)_[A-Za-z0-9_]+$/.test(name))
        ? [[name, value] as const]
        : [],
    ),
  );
}

/** Is it a line of `environment`? */
export function goesOn(name: string): boolean {
  const fate = findRow(name)?.fate;
  return fate === undefined ? name.startsWith('DIB_') : fate === 'environment';
}

/** What cannot be done as it is asked for, or would show a secret: before anything of it is printed. */
export const refuseVariables = (variables: Variables): readonly Problem[] =>
  Object.entries(variables).flatMap(([name, value]) => {
    const refusal = refuseVariable(name, value);
    return refusal === null ? [] : [{ code: 'trovestack-variable', ...refusal }];
  });

function refuseVariable(name: string, value: string): Omit<Problem, 'code'> | null {
  const row = findRow(name);
  if (row?.fate === 'refused')
    return { message: `${name} (${row.was}) is refused.`, hint: row.now };
  if (row?.fate === 'no effect' || name.startsWith('OS_')) return null;
  if (/\bhttps?:\/\/[^/\s]*@|:\/\/[^/\s:@]*:[^/\s@]*@/i.test(value)) {
    return {
      message: `${name} holds a user or a password in a URL, which would end in logs and in the image.`,
      hint: 'Take it out of the URL, or give what is there as a directory of this machine.',
    };
  }
  if (!goesOn(name)) return null;
  if (secretName.test(name)) {
    return {
      message: `${name} looks like a secret, and what diskimage-builder is told ends in the image.`,
      hint: "Unset it. Root's password is TROVE_ROOT_PASSWORD.",
    };
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  if (/[\u0000-\u001f\u007f]|(^|\s)#/.test(value)) {
    return {
      message: `${name} holds several lines, or a # that begins a comment: it is no line of the input environment.`,
      hint: 'Set it in an environment.d hook of an element of your own.',
    };
  }
  return null;
}
