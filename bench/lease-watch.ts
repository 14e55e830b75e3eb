import { fileURLToPath } from 'node:url';
import { readServerFile } from '@holdfast/daemon/server-file';
import { waitFor } from '@holdfast/lab';
import { openChannel } from '@holdfast/lab/channel';
import type { LabCluster } from '@holdfast/lab/cluster';

/** An eye on etcd that is independent of the daemons' own. It looks at the witness's member, which is never harmed. */
export interface LeaseWatch {
  /** The instant at which etcd ended the server's lease, the first after `afterMs`. */
  endOf(server: string, afterMs: number): Promise<number>;
  /** Name of etcd's leading member; `undefined` while there is none. */
  leader(): Promise<string | undefined>;
  dispose(): Promise<void>;
}

const askTimeoutMs = 5_000;

export async function createLeaseWatch(cluster: LabCluster): Promise<LeaseWatch> {
  const witness = cluster.server('witness');
  const stateDirectory = witness.box.directories.state;
  const file = await readServerFile(stateDirectory);
  if (file.etcd.kind !== 'embedded') throw new Error('the lab has no etcd members of its own');
  const program = fileURLToPath(new URL('lease-watch-process.ts', import.meta.url));
  const endpoint = `https://${witness.box.address}:${String(file.etcd.clientPort)}`;
  const argument = JSON.stringify({ cluster: file.cluster, stateDirectory, endpoint });
  const started = cluster.boxes.client.run(process.execPath, [program, argument], { channel: true });
  const channel = openChannel(started.child, () => undefined);
  return {
    endOf: (server, afterMs) =>
      waitFor(
        async () => (await channel.ask('endOf', { server, afterMs }, askTimeoutMs)) as number | undefined,
        { what: `etcd to end the lease of ${server}`, timeoutMs: 10_000 },
      ),
    leader: async () => (await channel.ask('leader', undefined, askTimeoutMs)) as string | undefined,
    dispose: async () => {
      started.signal('SIGKILL');
      await started.ended;
    },
  };
}
