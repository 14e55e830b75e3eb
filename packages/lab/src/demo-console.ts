import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { LabCluster } from './cluster.ts';

/** Where a person opens the console of the demo's cluster, and how they sign in. */
export interface DemoConsole {
  readonly addresses: readonly { readonly server: string; readonly url: string }[];
  readonly account: string;
  /** Made for this demo, whose cluster ends with it. */
  readonly password: string;
}

const account = 'demo';
const firstPort = 7_600;
const forwardTimeoutMs = 10_000;

/**
 * Makes an account, and finds the addresses at which a browser on this machine reaches the servers. Servers with a network of
 * their own are reached over ports of 127.0.0.1, from 7600 on where those are free.
 */
export async function openDemoConsole(cluster: LabCluster): Promise<DemoConsole> {
  const password = randomBytes(12).toString('base64url');
  const [first] = cluster.servers;
  await first?.holdfast(['account', 'create', account, '--role', 'administrator', '--password-stdin'], {
    input: password,
  });
  const { servers } = await cluster.status();
  const targets = servers.map(({ name, addresses, port }) => ({ name, host: addresses[0] ?? '', port }));
  if (!cluster.boxes.network) {
    const addresses = targets.map(({ name, host, port }) => ({
      server: name,
      url: `https://${host}:${String(port)}/`,
    }));
    return { addresses, account, password };
  }
  const program = fileURLToPath(new URL('port-forward-process.ts', import.meta.url));
  const { child } = cluster.boxes.client.run(process.execPath, [program], { channel: true });
  const addresses = [];
  for (const [index, { name, host, port }] of targets.entries()) {
    const { server, port: own } = await listen(firstPort + index);
    const ready = once(child, 'message', { signal: AbortSignal.timeout(forwardTimeoutMs) });
    child.send({ host, port }, server);
    await ready;
    // The process has it now.
    server.close();
    addresses.push({ server: name, url: `https://127.0.0.1:${String(own)}/` });
  }
  return { addresses, account, password };
}

/** Listens on a port of this machine, or on another one where that is taken. */
async function listen(wanted: number): Promise<{ readonly server: Server; readonly port: number }> {
  for (const port of [wanted, 0]) {
    const server = createServer();
    server.listen({ host: '127.0.0.1', port });
    const listening = await once(server, 'listening', { signal: AbortSignal.timeout(forwardTimeoutMs) }).then(
      () => true,
      () => false,
    );
    const address = server.address();
    if (listening && address !== null && typeof address === 'object') return { server, port: address.port };
  }
  throw new Error('no port of this machine is free');
}
