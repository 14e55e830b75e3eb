import type { Processes, ProcessView } from '../host.ts';

/** What makes a process one of this database cluster: the executable and the data directory, both real paths. */
export interface ClusterPlace {
  readonly executable: string;
  readonly directory: string;
}

/** The processes of one data directory, as one look at the process table shows them. */
export interface Family {
  /** Running postmasters: one at most, unless somebody removed a lock file. */
  readonly postmasters: readonly ProcessView[];
  readonly singleUser: readonly ProcessView[];
  /** Backends and other children, with or without a living postmaster. */
  readonly children: readonly ProcessView[];
  /** Programs that children have started, such as an archive command: in the data directory, another executable. */
  readonly programs: readonly ProcessView[];
}

/**
 * Is this one of the cluster's own processes? Children call setsid, and get another parent when their postmaster
 * dies: neither group nor session nor parent finds them, but executable and working directory stay (K-16).
 */
export function isFamilyMember(view: ProcessView, place: ClusterPlace): boolean {
  return withoutDeletedMark(view.executable) === place.executable && view.cwd === place.directory;
}

// The kernel marks the executable of a running process when a package upgrade has replaced the file.
function withoutDeletedMark(executable: string): string {
  return executable.endsWith(' (deleted)') ? executable.slice(0, -' (deleted)'.length) : executable;
}

// Every child sets its title to "postgres: …" before it does anything, whatever update_process_title says
// (PostgreSQL, src/backend/utils/misc/ps_status.c).
function hasChildTitle(view: ProcessView): boolean {
  return view.title.startsWith('postgres: ');
}

/** Is this family member the postmaster itself? */
export function isPostmaster(view: ProcessView): boolean {
  return !hasChildTitle(view) && !isSingleUser(view);
}

function isSingleUser(view: ProcessView): boolean {
  return /\s--single(\s|$)/.test(view.title);
}

/** One look at the process table for everything that belongs to a data directory. */
export async function observeFamily(processes: Processes, place: ClusterPlace): Promise<Family> {
  const inDirectory = await processes.inDirectory(place.directory);
  const members = inDirectory.filter((view) => isFamilyMember(view, place));
  const pids = new Set(members.map((view) => view.pid));
  // A child between fork and its new title still looks like the postmaster: its parent tells.
  const isForked = (view: ProcessView): boolean => hasChildTitle(view) || pids.has(view.parent);
  const descendants = new Set(pids);
  const programs: ProcessView[] = [];
  const others = inDirectory.filter((view) => !pids.has(view.pid));
  for (let found = true; found;) {
    const next = others.filter((view) => descendants.has(view.parent) && !descendants.has(view.pid));
    for (const view of next) descendants.add(view.pid);
    programs.push(...next);
    found = next.length > 0;
  }
  return {
    postmasters: members.filter((view) => !isForked(view) && isPostmaster(view)),
    singleUser: members.filter((view) => !isForked(view) && isSingleUser(view)),
    children: members.filter(isForked),
    programs,
  };
}

export function membersOf(family: Family): readonly ProcessView[] {
  return [...family.postmasters, ...family.singleUser, ...family.children, ...family.programs];
}

/** The same process still, or `undefined` when it has ended: a number alone may have a new owner (K-16). */
export async function lookAgain(processes: Processes, view: ProcessView): Promise<ProcessView | undefined> {
  const now = await processes.get(view.pid);
  return now?.startTicks === view.startTicks ? now : undefined;
}
