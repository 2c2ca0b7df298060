/** The options of a command, as they are written: with a value, and without. */
export interface OptionNames {
  readonly command: string;
  readonly valued: readonly string[];
  readonly flags: readonly string[];
}

/** The words of a command line, taken apart; a flag has the value `true`. */
export interface Words {
  readonly values: Readonly<Partial<Record<string, string>>>;
  /** What belongs to no option. */
  readonly names: readonly string[];
  readonly mistakes: readonly {
    readonly code: string;
    readonly message: string;
    readonly hint: string;
  }[];
}

export type WordReader = (args: readonly string[], options: OptionNames) => Words;
