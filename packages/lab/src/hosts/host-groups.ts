import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { createControlGroup, type ControlGroup } from '../control-group.ts';
import type { Claim } from '../manifest.ts';

/** Where systemd-nspawn keeps its own account of a machine that has cgroup v1 as well. */
const systemdTree = '/sys/fs/cgroup/systemd';

/** The groups of one host. Without its own, systemd-nspawn would put all hosts into one. */
export interface HostGroups {
  /** In the tree of cgroup v2: for freezing and killing. */
  readonly main: ControlGroup;
  /** Every group that the host's first process is to be put into. */
  readonly directories: readonly string[];
}

/** `tree` is this machine's tree of cgroup v2. */
export function createHostGroups(claim: Claim, tree: string, name: string): HostGroups {
  const main = createControlGroup(claim, tree, name);
  const hasSystemdTree = existsSync(path.join(systemdTree, 'cgroup.procs')) && tree !== systemdTree;
  const other = hasSystemdTree ? makeGroup(claim, name) : undefined;
  return {
    main,
    directories: [main.directory, ...(other === undefined ? [] : [other])],
  };
}

function makeGroup(claim: Claim, name: string): string {
  const parent = path.join(systemdTree, claim.name);
  const directory = path.join(parent, name);
  if (!existsSync(parent)) {
    claim.record({ kind: 'cgroup', path: parent });
    mkdirSync(parent);
  }
  mkdirSync(directory);
  return directory;
}
