import type { LabCluster } from './cluster.ts';
import { sendSignal } from './processes.ts';

/** What can be done to a lab cluster, as the demo's commands and the played scenes name it. */

/** Kills every process of the database cluster on its server, as one `kill -9` would. Returns the server. */
export async function killPostgres(cluster: LabCluster): Promise<string> {
  const name = await cluster.serviceOn();
  if (name === undefined) throw new Error('PostgreSQL is in service nowhere');
  const family = cluster
    .server(name)
    .box.processes()
    .filter((process) => process.name.startsWith('postgres'));
  for (const process of family) sendSignal(process, 'SIGKILL');
  return name;
}

/** Moves the hierarchy to another server, and waits for the end of that. */
export async function switchOver(
  cluster: LabCluster,
): Promise<{ readonly from: string; readonly to: string }> {
  const from = await cluster.serviceOn();
  if (from === undefined) throw new Error('the hierarchy is in service nowhere');
  const others = cluster.servers.filter(({ name, role }) => role === 'member' && name !== from);
  const target = others.find(({ box }) => box.state() === 'on');
  if (!target) throw new Error('no other server is switched on');
  await cluster.server(from).holdfast(['in-service', cluster.tags.postgresql, '--on', target.name]);
  return { from, to: target.name };
}

/** Brings a server back, whatever was done to it. */
export async function startServer(cluster: LabCluster, name: string): Promise<string> {
  const { box, start, daemon } = cluster.server(name);
  if (box.state() === 'off') {
    await start();
    return `${name} is switched on`;
  }
  if (box.state() === 'frozen') await box.thaw();
  if (cluster.boxes.network) await box.heal();
  daemon.start();
  return `${name} goes on, and is connected`;
}
