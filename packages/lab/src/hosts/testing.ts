import { whyNoHosts } from './hosts.ts';

/** For the title of tests that boot hosts: what they need, and why that is not to be had here. */
export interface HostsNeed {
  readonly missing: boolean;
  readonly words: string;
}

export async function needHosts(): Promise<HostsNeed> {
  const why = await whyNoHosts();
  return {
    missing: why !== undefined,
    words: why === undefined ? '(needs hosts with systemd)' : `(needs hosts with systemd: ${why})`,
  };
}
