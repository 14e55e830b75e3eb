import { createError, etcdFiles, serverFile, type ServerFile } from '@holdfast/contract';
import { z } from 'zod';
import { canonicalAddress } from './addresses.ts';

/**
 * What an administrator says of a server that is to be set up: the same for the first one and for those that
 * join.
 */
export const serverSetup = z.strictObject({
  stateDir: z.string().startsWith('/'),
  server: serverFile.shape.server,
  addresses: z
    .array(z.union([z.ipv4(), z.ipv6()]))
    .min(1)
    .max(8),
  port: serverFile.shape.port,
  etcd: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('embedded'),
      /** Looked for in the usual places when it is not given. */
      binary: z.string().startsWith('/').optional(),
      clientPort: serverFile.shape.port,
      peerPort: serverFile.shape.port,
    }),
    z.strictObject({
      kind: z.literal('existing'),
      endpoints: serverFile.shape.etcdEndpoints.min(1),
      files: etcdFiles.optional(),
    }),
  ]),
  serviceManager: serverFile.shape.serviceManager,
  addressKind: serverFile.shape.addressKind,
  processScope: serverFile.shape.processScope,
  watchdog: serverFile.shape.watchdog,
  defaultsFile: serverFile.shape.defaultsFile,
});
export type ServerSetup = z.infer<typeof serverSetup>;

/** Checks the form of what was given. Throws HF-API-001, which names the field. */
export function parseSetup(value: unknown): ServerSetup {
  const setup = parseInput(serverSetup, value);
  const addresses = setup.addresses.map(canonicalAddress);
  if (new Set(addresses).size < addresses.length) throw invalid('addresses: one is given twice');
  const ports = portsOf(setup);
  if (new Set(ports).size < ports.length) throw invalid('port: each use needs a port of its own');
  const { etcd } = setup;
  if (etcd.kind === 'existing' && etcd.files && etcd.endpoints.some((one) => !one.startsWith('https:')))
    throw invalid('etcd.endpoints: certificates are shown to https endpoints only');
  return { ...setup, addresses };
}

/** The ports that the server will listen on, on each of its addresses. */
export function portsOf(setup: Pick<ServerSetup, 'port' | 'etcd'>): readonly number[] {
  return setup.etcd.kind === 'embedded'
    ? [setup.port, setup.etcd.clientPort, setup.etcd.peerPort]
    : [setup.port];
}

/** Parses what came from outside. Throws HF-API-001, which names the field. */
export function parseInput<S extends z.ZodType>(schema: S, value: unknown): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw invalid(`${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`);
}

function invalid(problem: string): Error {
  return createError('HF-API-001', { problem });
}

/** The parts of `server.json` that the administrator chose; the cluster adds the others. */
export function chosenParts(
  setup: ServerSetup,
): Omit<ServerFile, 'cluster' | 'role' | 'etcd' | 'profile' | 'etcdEndpoints' | 'contacts'> {
  const { server, addresses, port, serviceManager, addressKind, processScope, watchdog, defaultsFile } =
    setup;
  const chosen = { server, addresses, port, serviceManager, addressKind, processScope, watchdog };
  return { formatVersion: 1, ...chosen, ...(defaultsFile !== undefined && { defaultsFile }) };
}
