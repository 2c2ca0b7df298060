import { randomUUID } from 'node:crypto';
import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import type { CommandFiles } from './file-commands.ts';

/** The account that the action's processes run as. */
export interface RunnerUser {
  uid: number;
  gid: number;
  name: string;
  home: string;
}

/** The folders of one job. */
export interface JobDirectories {
  workspace: string;
  temp: string;
  toolCache: string;
  eventPath: string;
}

const REPOSITORY = 'example/images';

/** Makes the folders of a job under one directory, owned by the user that the job runs as. */
export function createJobDirectories(root: string, user: RunnerUser | undefined): JobDirectories {
  const directories = {
    workspace: join(root, 'work', 'images', 'images'),
    temp: join(root, 'work', '_temp'),
    toolCache: join(root, 'work', '_tool'),
  };
  const chain = [root, join(root, 'work'), join(root, 'work', 'images')];
  const all = [...chain, ...Object.values(directories), join(directories.temp, '_github_workflow')];
  for (const path of all) {
    mkdirSync(path, { recursive: true });
    if (user) chownSync(path, user.uid, user.gid);
  }
  const eventPath = join(directories.temp, '_github_workflow', 'event.json');
  const event = { repository: { full_name: REPOSITORY, default_branch: 'main' } };
  writeFileSync(eventPath, JSON.stringify(event));
  return { ...directories, eventPath };
}

/** The variables that every step of a job sees on a hosted Linux machine, and nothing else. */
export function makeJobVariables(
  directories: JobDirectories,
  user: RunnerUser | undefined,
): Record<string, string> {
  const account = user ?? { name: userInfo().username, home: userInfo().homedir };
  return {
    PATH: process.env.PATH ?? '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: account.home,
    USER: account.name,
    LANG: 'C.UTF-8',
    CI: 'true',
    ...makeGithubVariables(directories),
    RUNNER_ARCH: process.arch === 'arm64' ? 'ARM64' : 'X64',
    RUNNER_ENVIRONMENT: 'github-hosted',
    RUNNER_NAME: 'GitHub Actions 1',
    RUNNER_OS: 'Linux',
    RUNNER_TEMP: directories.temp,
    RUNNER_TOOL_CACHE: directories.toolCache,
    RUNNER_TRACKING_ID: `github_${randomUUID()}`,
    RUNNER_WORKSPACE: join(directories.workspace, '..'),
  };
}

function makeGithubVariables(directories: JobDirectories): Record<string, string> {
  const sha = '0'.repeat(40);
  return {
    GITHUB_ACTION: '__self',
    GITHUB_ACTION_REF: '',
    GITHUB_ACTION_REPOSITORY: '',
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTOR: 'octocat',
    GITHUB_ACTOR_ID: '1',
    GITHUB_API_URL: 'https://api.github.com',
    GITHUB_BASE_REF: '',
    GITHUB_EVENT_NAME: 'push',
    GITHUB_EVENT_PATH: directories.eventPath,
    GITHUB_GRAPHQL_URL: 'https://api.github.com/graphql',
    GITHUB_HEAD_REF: '',
    GITHUB_JOB: 'build',
    GITHUB_REF: 'refs/heads/main',
    GITHUB_REF_NAME: 'main',
    GITHUB_REF_PROTECTED: 'false',
    GITHUB_REF_TYPE: 'branch',
    GITHUB_REPOSITORY: REPOSITORY,
    GITHUB_REPOSITORY_ID: '1',
    GITHUB_REPOSITORY_OWNER: 'example',
    GITHUB_REPOSITORY_OWNER_ID: '1',
    GITHUB_RETENTION_DAYS: '90',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_RUN_ID: '1',
    GITHUB_RUN_NUMBER: '1',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_SHA: sha,
    GITHUB_TRIGGERING_ACTOR: 'octocat',
    GITHUB_WORKFLOW: 'images',
    GITHUB_WORKFLOW_REF: `${REPOSITORY}/.github/workflows/images.yml@refs/heads/main`,
    GITHUB_WORKFLOW_SHA: sha,
    GITHUB_WORKSPACE: directories.workspace,
  };
}

/** The variables that name the files of one step. */
export function makeFileVariables(files: CommandFiles): Record<string, string> {
  return Object.fromEntries(Object.entries(files).map(([kind, path]) => [`GITHUB_${kind}`, path]));
}

/** The values that main saved, as post sees them. */
export function makeStateVariables(
  state: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(Object.entries(state).map(([name, value]) => [`STATE_${name}`, value]));
}
