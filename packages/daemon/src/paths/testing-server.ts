import { text } from 'node:stream/consumers';
import type { CommunicationPath } from '@holdfast/core';
import { Secret } from '../pki/secret.ts';
import { startServer } from './testing.ts';

/**
 * One server's listener and keeper as a process of its own, for tests that stop it or cut its network. What
 * it is to do comes on standard input; each line on standard output is `ready` or a path and its event.
 */
export interface TestServerOrder {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly port: number;
  readonly credentials: {
    readonly caCertificate: string;
    readonly certificate: string;
    readonly key: string;
  };
  readonly paths: readonly CommunicationPath[];
  readonly ports: readonly (readonly [string, number])[];
}

const order = JSON.parse(await text(process.stdin)) as TestServerOrder;
const { key, ...certificates } = order.credentials;
const server = await startServer({
  name: order.name,
  addresses: order.addresses,
  port: order.port,
  credentials: { ...certificates, key: new Secret(key) },
});
server.keeper.onChange((event) => process.stdout.write(`${event.path.id} ${event.code}\n`));
server.keeper.setPaths(order.paths, new Map(order.ports));
process.stdout.write('ready\n');
