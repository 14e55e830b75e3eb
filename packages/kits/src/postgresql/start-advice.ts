import { basename } from 'node:path';
import type { Services, ServiceView } from '../host.ts';
import type { Cluster } from './cluster.ts';

type Facts = Readonly<Record<string, string>>;

/** The unit of a service, as its manager's programs want it. */
export function unitOf(service: string): string {
  return service.endsWith('.service') ? service : `${service}.service`;
}

/** `/etc/postgresql/15/main` of the unit `postgresql@15-main` (Debian, postgresql-common). */
function debianDirectory(service: string): string | undefined {
  const [, version, name] = /^postgresql@(\d[\d.]*)-([A-Za-z0-9_-]+)(?:\.service)?$/.exec(service) ?? [];
  return version === undefined || name === undefined ? undefined : `/etc/postgresql/${version}/${name}`;
}

/**
 * Where the missing "-p port" is to be written, and the line (K-05): Debian's own options file, or the start command of
 * the unit. Empty where neither is known.
 */
export async function adviseStartCommand({ host, parameters }: Cluster): Promise<Facts> {
  const { service, port } = parameters;
  const found = await host.services.get(service).catch(() => undefined);
  return found && host.services.kind === 'systemd' ? formatStartAdvice(found, port) : {};
}

export function formatStartAdvice(
  { name, command }: Pick<ServiceView, 'name' | 'command'>,
  port: number,
): Facts {
  const unit = unitOf(name);
  const line = command.join(' ');
  switch (basename(command[0] ?? '')) {
    case 'postgres':
    case 'postmaster':
      return { unit, startLine: `ExecStart=${line} -p ${String(port)}` };
    case 'pg_ctl':
      return { unit, startLine: `ExecStart=${line} -o "-p ${String(port)}"` };
    case 'pg_ctlcluster': {
      const directory = debianDirectory(name);
      if (directory === undefined) return { unit };
      return {
        unit,
        startFile: `${directory}/pg_ctl.conf`,
        startLine: `pg_ctl_options = '-o -p${String(port)}'`,
      };
    }
    default:
      return { unit };
  }
}

/** What keeps the boot from starting the service (K-03). Debian's generator reads a file of its own. */
export function adviseStartMode(service: string, kind: Services['kind']): Facts {
  if (kind === 'direct') return {};
  const directory = debianDirectory(service);
  const command =
    directory === undefined
      ? `systemctl disable ${unitOf(service)}`
      : `echo manual > ${directory}/start.conf && systemctl daemon-reload`;
  return { command };
}
