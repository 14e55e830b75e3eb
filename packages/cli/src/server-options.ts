import { Option, type Command } from 'commander';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createError, type EtcdFiles, type ServerFile } from '@holdfast/contract';
import { createRepeatable, parseWhole } from './option-values.ts';
import { defaultStateDirectory, type Session } from './session.ts';

/** What `init` and `join` are told of the server that is set up. */
export interface ServerOptions {
  readonly name: string;
  readonly address: readonly string[];
  readonly port: number;
  readonly etcdClientPort: number;
  readonly etcdPeerPort: number;
  readonly etcdBinary?: string;
  readonly etcdEndpoint: readonly string[];
  readonly etcdCa?: string;
  readonly etcdCert?: string;
  readonly etcdKey?: string;
  readonly serviceManager?: ServerFile['serviceManager'];
  readonly addressKind?: ServerFile['addressKind'];
  readonly processScope: ServerFile['processScope'];
  readonly watchdog?: string;
  readonly defaultsFile?: string;
  readonly stateDir?: string;
}

const parsePort = parseWhole({ from: 1, to: 65_535 });

/** The options of every command that sets up a server. */
export function addServerOptions(command: Command): Command {
  return addDirectoryOption(command)
    .requiredOption('--name <server>', 'name of this server in the cluster: lower-case letters, digits, "-"')
    .addOption(
      createRepeatable(
        '--address <address>',
        'IP address of this server that the others reach; repeated for further networks',
      ),
    )
    .option('--port <port>', 'port of the daemon', parsePort, 7600)
    .option('--etcd-client-port <port>', "port of the etcd member's clients", parsePort, 2379)
    .option('--etcd-peer-port <port>', "port of the etcd member's peers", parsePort, 2380)
    .option('--etcd-binary <path>', 'the etcd program (default: where packages put it)')
    .addOption(
      createRepeatable(
        '--etcd-endpoint <url>',
        'use this etcd instead of a member of our own; may be repeated',
      ),
    )
    .option('--etcd-ca <file>', 'authority of that etcd, where it has certificates of its own (PEM)')
    .option('--etcd-cert <file>', 'certificate that it knows this server by; read anew when it is renewed')
    .option('--etcd-key <file>', 'key of that certificate, which others must not be able to read')
    .addOption(
      new Option('--service-manager <kind>', 'who runs services (default: systemd where it runs)').choices([
        'systemd',
        'direct',
      ]),
    )
    .addOption(
      new Option(
        '--address-kind <kind>',
        'kernel: real addresses (default as root); loopback: 127.0.0.0/8',
      ).choices(['kernel', 'loopback']),
    )
    .addOption(
      new Option('--process-scope <scope>', 'own: several servers share this machine')
        .choices(['host', 'own'])
        .default('host'),
    )
    .option('--watchdog <path>', 'watchdog device that resets this machine when even the guard is frozen')
    .option('--defaults-file <path>', "this server's limits (default: /etc/default/holdfast)");
}

export function addDirectoryOption(command: Command): Command {
  return command.option(
    '--state-dir <directory>',
    `what this server keeps (default: $HOLDFAST_STATE_DIR or ${defaultStateDirectory})`,
  );
}

/**
 * Loads the daemon's code. `init` and `join` do so too: then it is in the cache, without its types, before the daemon starts,
 * which for all its life needs 24 MB less than one that has loaded Node's remover of types.
 */
export function loadDaemon() {
  return import('@holdfast/daemon/main');
}

/** The directory of `server.json` and the certificates: option, environment, default. */
export function stateDirectory({ terminal }: Session, options: { readonly stateDir?: string }): string {
  return options.stateDir ?? terminal.environment['HOLDFAST_STATE_DIR'] ?? defaultStateDirectory;
}

/**
 * The options as the cluster's set-up takes them, with what this machine offers for those that were left out.
 */
export function toServerSetup(session: Session, options: ServerOptions) {
  if (options.address.length === 0) throw wrongUsage('the option --address is needed');
  const isRoot = process.getuid?.() === 0;
  const files = etcdFilesIn(options);
  return {
    stateDir: stateDirectory(session, options),
    server: options.name,
    addresses: [...options.address],
    port: options.port,
    etcd:
      options.etcdEndpoint.length > 0
        ? { kind: 'existing' as const, endpoints: [...options.etcdEndpoint], ...(files && { files }) }
        : {
            kind: 'embedded' as const,
            clientPort: options.etcdClientPort,
            peerPort: options.etcdPeerPort,
            ...(options.etcdBinary !== undefined && { binary: options.etcdBinary }),
          },
    // systemd itself names this test: sd_booted(3).
    serviceManager: options.serviceManager ?? (existsSync('/run/systemd/system') ? 'systemd' : 'direct'),
    addressKind: options.addressKind ?? (isRoot ? 'kernel' : 'loopback'),
    processScope: options.processScope,
    watchdog: options.watchdog ?? null,
    ...(options.defaultsFile !== undefined && { defaultsFile: options.defaultsFile }),
  };
}

/** The files of an existing etcd's own certificates, absolute; all three or none. */
function etcdFilesIn({ etcdCa, etcdCert, etcdKey, etcdEndpoint }: ServerOptions): EtcdFiles | undefined {
  if (etcdCa === undefined && etcdCert === undefined && etcdKey === undefined) return undefined;
  if (etcdCa === undefined || etcdCert === undefined || etcdKey === undefined)
    throw wrongUsage('--etcd-ca, --etcd-cert and --etcd-key are needed together');
  if (etcdEndpoint.length === 0)
    throw wrongUsage('--etcd-cert belongs to an existing etcd: --etcd-endpoint is needed');
  return { ca: path.resolve(etcdCa), certificate: path.resolve(etcdCert), key: path.resolve(etcdKey) };
}

function wrongUsage(problem: string): Error {
  return createError('HF-CLI-004', { problem, command: 'holdfast' });
}
