import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Host } from '@holdfast/kits/host';
import { createKernelAddresses } from './addresses-kernel.ts';
import { createLoopbackAddresses } from './addresses-loopback.ts';
import { createLinuxCapacity } from './capacity.ts';
import { createLinuxClock } from './clock.ts';
import { createLinuxFiles } from './files.ts';
import { createLinuxProcesses } from './processes.ts';
import { createDirectServices } from './services-direct.ts';
import { createSystemdServices } from './services-systemd.ts';
import { createLinuxVolumes } from './volumes.ts';

export interface LinuxHostOptions {
  readonly serviceManager: 'systemd' | 'direct';
  readonly addressKind: 'kernel' | 'loopback';
  readonly processScope: 'host' | 'own';
  /** For what ends with this boot: private to this server. */
  readonly runDirectory: string;
  readonly stateDirectory: string;
}

/** This server, as the recovery kits see it. */
export function createLinuxHost(options: LinuxHostOptions): Host {
  const { runDirectory, stateDirectory } = options;
  const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
  const files = createLinuxFiles();
  const direct = {
    files,
    bootId,
    stateDirectory: join(stateDirectory, 'services'),
    runDirectory: join(runDirectory, 'services'),
  };
  return {
    processes: createLinuxProcesses(),
    services:
      options.serviceManager === 'systemd' ? createSystemdServices({ files }) : createDirectServices(direct),
    volumes: createLinuxVolumes(),
    addresses:
      options.addressKind === 'kernel'
        ? createKernelAddresses()
        : createLoopbackAddresses({ files, runDirectory }),
    files,
    capacity: createLinuxCapacity({ files }),
    clock: createLinuxClock(),
    runDirectory,
    bootId,
    isRoot: process.geteuid?.() === 0,
    processScope: options.processScope,
  };
}
