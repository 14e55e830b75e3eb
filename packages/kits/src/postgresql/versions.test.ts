import { existsSync, readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readControlFile } from './control-file.ts';
import { createTestBench, eventually } from './testing.ts';

/** Other versions of PostgreSQL that this machine's packages brought. */
function installedVersions(): readonly string[] {
  const root = '/usr/lib/postgresql';
  if (!existsSync(root)) return [];
  return readdirSync(root).filter(
    (version) => Number(version) >= 12 && existsSync(`${root}/${version}/bin/initdb`),
  );
}

test.runIf(installedVersions().length > 0)(
  'K-14 to K-17 hold for the PostgreSQL of the distribution',
  async () => {
    for (const version of installedVersions()) {
      const bench = await createTestBench({ executables: `/usr/lib/postgresql/${version}/bin` });
      const cluster = await bench.createCluster();
      try {
        expect(await cluster.restore()).toEqual({ state: 'ok' });
        await cluster.query('CREATE TABLE kept AS SELECT 1 AS row');
        const { dataDirectory } = cluster.parameters;
        const control = await readControlFile(cluster.host.files, dataDirectory);
        const [row] = await cluster.query(
          'SELECT system_identifier::text AS id, redo_lsn::text AS redo FROM pg_control_system(), pg_control_checkpoint()',
        );
        expect(control).toMatchObject({
          state: 'in-production',
          systemIdentifier: row?.['id'],
          redo: row?.['redo'],
        });
        const postmaster = await cluster.postmaster();
        await cluster.host.processes.signal(postmaster.pid, 'SIGKILL', postmaster.startTicks);
        await eventually(async () => (await cluster.quickCheck()).state === 'failed');
        expect(await cluster.restore()).toEqual({ state: 'ok' });
        expect(await cluster.deepCheck()).toEqual({ state: 'ok' });
        expect(await cluster.query('SELECT row FROM kept')).toEqual([{ row: 1 }]);
        expect(await cluster.remove()).toEqual({ state: 'ok' });
        expect((await readControlFile(cluster.host.files, dataDirectory))?.state).toBe('shut-down');
      } finally {
        await cluster.dispose();
        await bench.dispose();
      }
    }
  },
);
