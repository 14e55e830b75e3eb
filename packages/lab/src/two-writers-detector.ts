import { fileURLToPath } from 'node:url';
import { spawn } from 'node:child_process';
import { openChannel } from './channel.ts';
import type { ServerBoxes } from './server-box.ts';
import type { DetectorReport, Overlap } from './two-writers.ts';
import type { DetectorOptions } from './two-writers-process.ts';

/** Watches the lab's servers for two that are active on the volume at once (S1, B-05). */
export interface TwoWritersDetector {
  report(): Promise<DetectorReport>;
  dispose(): void;
}

/** Starts watching, in a process of its own that asks neither the servers nor the product. */
export function createTwoWritersDetector(
  boxes: ServerBoxes,
  options: {
    readonly dataDirectory: string;
    readonly everyMs?: number;
    readonly onOverlap?: (overlap: Overlap) => void;
  },
): TwoWritersDetector {
  const program = fileURLToPath(new URL('two-writers-process.ts', import.meta.url));
  const argument: DetectorOptions = {
    mode: boxes.mode,
    directory: boxes.directory,
    number: boxes.number,
    servers: [...boxes.servers.keys()],
    mountPoint: boxes.volume.mountPoint,
    dataDirectory: options.dataDirectory,
    floatingAddress: boxes.floatingAddress,
    everyMs: options.everyMs ?? 5,
  };
  const child = spawn(process.execPath, [program, JSON.stringify(argument)], {
    detached: true,
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const channel = openChannel(child, (notice) => options.onOverlap?.(notice as Overlap));
  return {
    report: async () => (await channel.ask('report', undefined, 5_000)) as DetectorReport,
    dispose: () => {
      child.kill('SIGKILL');
    },
  };
}
