import { allow } from '@holdfast/core';
import { createLinuxHost, type LinuxHostOptions } from '@holdfast/daemon/host/linux/index';
import { createPostgresqlKit } from './index.ts';
import { postgresqlParameters } from './parameters.ts';

/** One action of the kit in a process of its own, for tests that kill it in the middle. */
export interface ActionApartOptions {
  readonly host: LinuxHostOptions;
  readonly parameters: unknown;
  readonly action: 'restore' | 'remove';
  readonly term: number;
}

const options = JSON.parse(process.argv[2] ?? '{}') as ActionApartOptions;
const context = {
  tag: 'pgsql',
  cluster: 'test',
  hierarchy: 'pgsql',
  server: 'one',
  incarnation: 'test',
  host: createLinuxHost(options.host),
  parameters: postgresqlParameters.parse(options.parameters),
  term: options.term,
  tunables: {},
  permit: allow,
  signal: new AbortController().signal,
  progress: () => undefined,
};
const kit = createPostgresqlKit();
process.stdout.write('begun\n');
const result = options.action === 'restore' ? await kit.restore(context) : await kit.remove(context);
process.stdout.write(`${JSON.stringify(result)}\n`);
kit.close();
