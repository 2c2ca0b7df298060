/** What to install before a build; all apt packages go into one call. */
export interface InstallPlan {
  readonly builder: 'present' | 'pip' | 'apt';
  readonly aptPackages: readonly string[];
}
