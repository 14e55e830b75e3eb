import { createServer } from 'node:net';
import { createError } from '@holdfast/contract';

/**
 * Throws HF-CLUSTER-009 when another program listens there, HF-CLUSTER-008 when the address is not of this
 * server.
 */
export async function checkPlaceFree(place: {
  readonly address: string;
  readonly port: number;
}): Promise<void> {
  const { address, port } = place;
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: address, port, exclusive: true }, resolve);
    });
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
    if (code === 'EADDRNOTAVAIL') throw createError('HF-CLUSTER-008', { address }, { cause });
    throw createError('HF-CLUSTER-009', { address, port }, { cause });
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}
