import type { Snapshot } from '@holdfast/engine';
import type { ApiContext } from '../api/context.ts';
import { isInServiceHere } from './in-service.ts';

/**
 * This server's figures in Prometheus' text form (U-04). The library is loaded by the first collector that asks: a server
 * that nobody measures does not carry it.
 */
export async function renderMetrics(
  context: ApiContext,
): Promise<{ readonly contentType: string; readonly text: string }> {
  const { Registry, Gauge } = await import('prom-client');
  const registry = new Registry();
  const gauge = (name: string, help: string, labelNames: readonly string[] = []) =>
    new Gauge({ name: `holdfast_${name}`, help, labelNames, registers: [registry] });
  const { engine, guard, file, host, version } = context;
  gauge('build_info', 'Version of the daemon.', ['version']).set({ version }, 1);
  const lease = guard.state();
  const goodForMs = lease ? Math.max(0, lease.goodUntil - host.clock.now()) : 0;
  gauge('lease_good_seconds', 'How much longer the lease is good without a renewal.').set(goodForMs / 1000);
  gauge('failsafe', 'Whether what runs goes on by the promises of all other servers alone.').set(
    context.failsafe().kind === 'holding' ? 1 : 0,
  );
  gauge('resident_memory_bytes', 'Resident memory of the daemon.').set(process.memoryUsage.rss());
  const cpu = process.cpuUsage();
  gauge('cpu_seconds', 'CPU time of the daemon since its start.').set((cpu.user + cpu.system) / 1e6);
  addPaths(gauge, context);
  const { snapshot } = engine.state();
  if (!snapshot) return { contentType: registry.contentType, text: await registry.metrics() };
  const { view } = snapshot;
  addCertificates(gauge, snapshot);
  const alive = gauge('server_alive', 'Whether the session of a server is in the store.', ['server']);
  for (const server of Object.keys(view.servers)) alive.set({ server }, view.sessions[server] ? 1 : 0);
  const owned = gauge('hierarchy_owner', 'Whether a server owns a hierarchy.', ['hierarchy', 'server']);
  const terms = gauge('hierarchy_term', 'Owners that a hierarchy has had.', ['hierarchy']);
  const running = gauge('in_service', 'Whether a resource is in service on this server.', [
    'hierarchy',
    'tag',
  ]);
  for (const hierarchy of Object.values(view.hierarchies)) {
    const { id, priorities, resources } = hierarchy;
    for (const server of Object.keys(priorities))
      owned.set({ hierarchy: id, server }, view.owners[id]?.server === server ? 1 : 0);
    terms.set({ hierarchy: id }, view.terms[id] ?? 0);
    if (priorities[file.server] === undefined) continue;
    for (const { tag } of resources)
      running.set({ hierarchy: id, tag }, isInServiceHere(context, hierarchy, tag) ? 1 : 0);
  }
  return { contentType: registry.contentType, text: await registry.metrics() };
}

type MakeGauge = (
  name: string,
  help: string,
  labelNames: readonly string[],
) => { set(labels: Record<string, string>, value: number): void };

function addCertificates(gauge: MakeGauge, { view }: Snapshot): void {
  const days = gauge('certificate_days_left', 'Days until a certificate ends.', ['server', 'use']);
  for (const { name: server, certificates } of Object.values(view.servers))
    for (const { use, notAfter } of certificates)
      days.set({ server, use }, (Date.parse(notAfter) - Date.now()) / 86_400_000);
}

function addPaths(gauge: MakeGauge, { paths }: ApiContext): void {
  const alive = gauge('path_alive', 'Whether a communication path is alive.', ['path', 'peer']);
  const roundTrip = gauge('path_round_trip_seconds', 'Round trip of the last heartbeat.', ['path', 'peer']);
  for (const { id: path, peer, state, roundTripMs } of paths()) {
    alive.set({ path, peer }, state === 'alive' ? 1 : 0);
    if (roundTripMs !== undefined) roundTrip.set({ path, peer }, roundTripMs / 1000);
  }
}
