import { existsSync } from 'node:fs';
import { isIPv4 } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';
import { HostError, type Addresses, type AddressView, type Files } from '@holdfast/kits/host';

const record = z.strictObject({ address: z.ipv4(), prefix: z.int(), device: z.string() });

/**
 * Addresses of 127.0.0.0/8, for servers that share one machine without root. The kernel answers all of them always, so
 * "up" is a file: it says which server's clients are meant. One in the way of another server is not seen here.
 */
export function createLoopbackAddresses(options: {
  readonly files: Files;
  readonly runDirectory: string;
}): Addresses {
  const { files } = options;
  const directory = join(options.runDirectory, 'addresses');
  const pathOf = (address: string): string => join(directory, demandLoopback(address));
  return {
    kind: 'loopback',
    list: async () => {
      const names = await files.list(directory);
      const texts = await Promise.all(
        (names ?? []).filter(isIPv4).map((name) => files.read(join(directory, name))),
      );
      return texts
        .filter((text) => text !== undefined)
        .map((text): AddressView => record.parse(JSON.parse(text)));
    },
    isUp: ({ address }) => isLoopback(address) && existsSync(pathOf(address)),
    linkUp: (device) => Promise.resolve(device === 'lo'),
    add: async (view) => {
      const path = pathOf(view.address);
      await files.makeDirectory(directory, 0o700);
      await files.write(path, JSON.stringify(view));
    },
    remove: ({ address }) => files.delete(pathOf(address)),
    conflict: () => Promise.resolve(undefined),
    announce: () => undefined,
    bookkeepingFile: (address) => pathOf(address),
  };
}

function isLoopback(address: string): boolean {
  return isIPv4(address) && address.startsWith('127.');
}

function demandLoopback(address: string): string {
  if (!isLoopback(address)) throw new HostError('address-not-loopback', { address });
  return address;
}
