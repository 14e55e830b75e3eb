import { ftruncateSync, closeSync, openSync, statSync } from 'node:fs';
import path from 'node:path';
import { mustRun } from '../program.ts';
import type { Hosts } from './hosts.ts';

/** A further shared disk, empty, under one name on several hosts. */
export interface ExtraDisk {
  dispose(): Promise<void>;
}

const losetup = '/usr/sbin/losetup';
const limits = { timeoutMs: 20_000 };
const sizeBytes = 1024 ** 3;

/** Each host has a loop device of its own over one file, as with the lab's first disk. Dispose of it before the hosts. */
export async function createExtraDisk(
  hosts: Hosts,
  options: { readonly servers: readonly string[]; readonly as: string },
): Promise<ExtraDisk> {
  const file = path.join(hosts.directory, `extra${options.as.replaceAll('/', '-')}.img`);
  const handle = openSync(file, 'wx', 0o600);
  ftruncateSync(handle, sizeBytes);
  closeSync(handle);
  const devices: string[] = [];
  for (const name of options.servers) {
    const device = (await mustRun(losetup, ['--find', '--show', file], limits)).trim();
    devices.push(device);
    const { rdev } = statSync(device);
    const number = [String((rdev >> 8) & 0xfff), String((rdev & 0xff) | ((rdev >> 12) & 0xfff00))];
    await hosts.server(name).must('/usr/bin/mknod', [options.as, 'b', ...number]);
  }
  return {
    dispose: async () => {
      // A host that still has it mounted keeps it until it is switched off: then the device goes by itself.
      for (const device of devices) await mustRun(losetup, ['--detach', device], limits);
    },
  };
}
