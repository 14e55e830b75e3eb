import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Files, Host, Volumes } from '@holdfast/kits/host';
import { createLinuxFiles } from './files.ts';
import { createLinuxHost, type LinuxHostOptions } from './index.ts';
import { createLinuxVolumes } from './volumes.ts';

/**
 * A mount namespace for one test. What is mounted in the tests' own namespace would be copied into every namespace that
 * another test makes meanwhile, and be held there after the unmount here.
 */
export interface MountNamespace {
  /** Put before a command, it runs in the namespace. */
  readonly prefix: readonly string[];
  createVolumes(): Volumes;
  /** A Linux host whose mounts and files are those of the namespace. */
  createHost(options: LinuxHostOptions): Host;
  /** Ends the namespace, and with it all of its mounts. */
  dispose(): Promise<void>;
}

/** Needs root. */
export async function createMountNamespace(): Promise<MountNamespace> {
  const args = ['--mount', '--propagation', 'private', '/bin/sh', '-c', 'echo ready; exec sleep infinity'];
  const holder = spawn('/usr/bin/unshare', args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(holder, 'exit');
  await Promise.race([once(holder.stdout, 'data'), ended]);
  const root = `/proc/${holder.pid}/root`;
  const prefix = ['/usr/bin/nsenter', `--mount=/proc/${holder.pid}/ns/mnt`, '--'];
  const createVolumes = (): Volumes =>
    createLinuxVolumes({ commandPrefix: prefix, mountTable: `/proc/${holder.pid}/mountinfo` });
  return {
    prefix,
    createVolumes,
    createHost: (options) => ({
      ...createLinuxHost(options),
      files: filesBelow(root),
      volumes: createVolumes(),
    }),
    dispose: async () => {
      holder.kill('SIGKILL');
      await ended;
    },
  };
}

/** The files that a process of another mount namespace sees: the kernel shows them below its root. */
function filesBelow(root: string): Files {
  const files = createLinuxFiles();
  const at = (path: string): string => `${root}${path}`;
  return {
    read: (path) => files.read(at(path)),
    readBytes: (path, options) => files.readBytes(at(path), options),
    write: (path, text, options) => files.write(at(path), text, options),
    list: (path) => files.list(at(path)),
    stat: (path) => files.stat(at(path)),
    // Links are followed in the tests' own namespace: the folders are the same, only mounts differ.
    realPath: files.realPath,
    makeDirectory: (path, mode) => files.makeDirectory(at(path), mode),
    delete: (path) => files.delete(at(path)),
  };
}
