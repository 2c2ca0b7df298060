/** What only a workflow run has; the command line has its own. */
export interface Workflow {
  setOutputs(outputs: Readonly<Record<string, string>>): void;
  writeSummary(markdown: string): Promise<void>;
}
