import { once } from 'node:events';
import { createServer } from 'node:net';
import type { ServerBoxes } from './server-box.ts';

/**
 * A port for a service that any server of the lab may run. Servers with a network of their own have all ports
 * free; in loopback mode one is looked for that nobody on this machine has, also not on all addresses.
 */
export async function findPort(boxes: ServerBoxes): Promise<number> {
  return boxes.network ? 5_432 : findFreePort();
}

/**
 * A port that was free a moment ago on all addresses of 127.0.0.0/8 (binding to 0 lets the kernel choose).
 */
export async function findFreePort(): Promise<number> {
  const server = createServer();
  server.listen({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening', { signal: AbortSignal.timeout(5_000) });
  const found = server.address();
  server.close();
  await once(server, 'close', { signal: AbortSignal.timeout(5_000) });
  if (found === null || typeof found === 'string') throw new Error('no free port');
  return found.port;
}
