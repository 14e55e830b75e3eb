import { bindKit, type Kit } from '@holdfast/kits';
import { ipKit } from '@holdfast/kits/ip/index';
import { createPostgresqlKit } from '@holdfast/kits/postgresql/index';
import { volumeKit } from '@holdfast/kits/volume/index';

export interface Kits {
  readonly byName: ReadonlyMap<string, Kit>;
  close(): void;
}

/** The recovery kits of this daemon, by name. A witness has none: it runs no resource. */
export function createKits(role: 'member' | 'witness'): Kits {
  if (role === 'witness') return { byName: new Map(), close: () => {} };
  const postgresql = createPostgresqlKit();
  const kits = [bindKit(postgresql), bindKit(volumeKit), bindKit(ipKit)];
  return { byName: new Map(kits.map((kit) => [kit.name, kit])), close: () => postgresql.close() };
}
