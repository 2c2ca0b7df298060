import { basename, dirname, extname } from 'node:path/posix';

type Texts = Readonly<Record<string, string>>;

const partsOfOutput = ['output-dir', 'image-name', 'formats'];

/** Our own options win over what a call of trovestack says; what one of them replaces is left out. */
export function overrideInputs(translated: Texts, options: Texts): Texts {
  const has = (...names: readonly string[]): boolean =>
    names.some((name) => options[name] !== undefined);
  const replaced = [
    ...(has('output') ? partsOfOutput : []),
    ...(has('trove-path') ? ['trove-repository', 'trove-ref'] : []),
    ...(has('trove-repository', 'trove-ref') ? ['trove-path'] : []),
  ];
  const base = has(...partsOfOutput) ? splitOutput(translated) : translated;
  const environment = [translated.environment, options.environment].filter(Boolean).join('\n');
  return {
    ...Object.fromEntries(Object.entries(base).filter(([name]) => !replaced.includes(name))),
    ...options,
    ...(environment === '' ? {} : { environment }),
  };
}

/** The same place in three inputs, so that each of them can be replaced alone. */
function splitOutput({ output, ...others }: Texts): Texts {
  if (output === undefined) return others as Texts;
  const extension = extname(output);
  return {
    ...others,
    'output-dir': dirname(output),
    'image-name': basename(output, extension),
    formats: extension.slice(1),
  };
}
