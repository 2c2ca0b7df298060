/** A variable of the run, not of its content: paths, users, and what diskimage-builder calls itself. */
const ofTheRun =
  /^(TMP|TMPDIR|TMP_.*|SUDO_.*|BASH_FUNC_.*|PS4|_|_LIB|PWD|OLDPWD|SHLVL|HOME|USER|LOGNAME|MAIL|TERM|PATH|LOGFILE|OUT_IMAGE_PATH|IMAGE_NAME|IMAGE_ELEMENT_YAML|TARGET_ROOT|ELEMENTS_PATH|TROVE_IMAGE_LAYERS|DIB_ARGS|DIB_ENV|DIB_IMAGE_CACHE|DIB_LOCKFILES|DIB_MANIFEST_SAVE_DIR|DIB_BLOCK_DEVICE.*|DIB_PYTHON_EXEC|DIB_NO_TMPFS|DIB_NO_TIMESTAMP|DIB_DEBUG_TRACE|PYTHONHASHSEED|EXTRA_UNMOUNT|EXTRA_DETACH)$/;
/** Read by elements only (the last five: by Trove's, in images for development), so that a script which does not name it cannot depend on it. */
const readByName =
  /^(DIB_|TROVE_|IMAGE_ELEMENT$|(DEV_MODE|SYNC_LOG_TO_CONTROLLER|HOST_SCP_USERNAME|ESCAPED_PATH_TROVE|SSH_DIR)$)/;
/** Programs and idioms that print or hand on every variable there is. */
const dumps = new RegExp(
  [
    /\bprintenv\b|\bexport -p\b|\b(declare|typeset) -[px]+\b|\bcompgen -[aev]\b/,
    /(^|[|;&(]\s*)(env(\s+-0|\s+--null)?|set|export|declare|typeset)\s*([|>;)]|$)/,
    /\/proc\/\S+\/environ\b|\bos\.environb?\.(items|keys|values|copy)\b/,
    /\b(for\s[^:\n]*\sin\s+|dict\(|list\(|sorted\()os\.environb?(?![.[\w])/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'm',
);
const names =
  /\b(?:(?:DIB|TROVE|IMAGE)(?:_[A-Za-z0-9_]*)?|(?:DEV|SYNC|HOST|ESCAPED|SSH)_[A-Za-z0-9_]*)/g;

/** Variables of an `env --null` dump. */
export function parseEnvironment(dump: string): Readonly<Record<string, string>> {
  const pairs = dump.split('\0').flatMap((entry) => {
    const at = entry.indexOf('=');
    return at > 0 ? [[entry.slice(0, at), entry.slice(at + 1)] as const] : [];
  });
  return Object.fromEntries(pairs);
}

/**
 * The variables that can change what scripts do: those that any program may read, and those of diskimage-builder and
 * its elements that the scripts name, in whole or by their beginning (`DIB_REPOREF_${name}`). A script whose text
 * is not known may name them all.
 */
export function selectVariables(
  environment: Readonly<Record<string, string>>,
  texts: readonly (string | null)[],
): Readonly<Record<string, string>> {
  const known = texts.every((text) => text !== null && !dumps.test(text));
  const mentioned = known ? findMentions(texts as readonly string[]) : null;
  const counts = (name: string): boolean => {
    if (ofTheRun.test(name)) return false;
    return !readByName.test(name) || mentioned === null || isMentioned(name, mentioned);
  };
  return Object.fromEntries(
    Object.entries(environment)
      .filter(([name]) => counts(name))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** May a script read this variable? One that is not read by name alone may be read by any program. */
export function mayRead(text: string | null, name: string): boolean {
  if (text === null || dumps.test(text) || !readByName.test(name)) return true;
  return isMentioned(name, findMentions([text]));
}

function findMentions(texts: readonly string[]): ReadonlySet<string> {
  const code = texts.flatMap((text) => text.split('\n').filter((line) => !/^\s*#/.test(line)));
  return new Set(code.flatMap((line) => line.match(names) ?? []));
}

/** `DIB_REPOREF_` stands for all that begin so; a bare `DIB` (as in `env | grep ^DIB`) too. */
function isMentioned(name: string, mentioned: ReadonlySet<string>): boolean {
  if (mentioned.has(name)) return true;
  for (const word of mentioned) {
    if ((word.endsWith('_') || !word.includes('_')) && name.startsWith(word)) return true;
  }
  return false;
}
