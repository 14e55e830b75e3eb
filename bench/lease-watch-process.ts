import { createKeys } from '@holdfast/contract';
import { createGateway } from '@holdfast/daemon/etcd/gateway';
import { toClientTls } from '@holdfast/daemon/etcd/client-tls';
import { readPki } from '@holdfast/daemon/pki/files';
import { instantMs } from '@holdfast/lab';
import { answerQuestions } from '@holdfast/lab/channel';

/** Looks at etcd itself, beside Holdfast: `createLeaseWatch` starts this process and asks it. */

interface Options {
  readonly cluster: string;
  readonly stateDirectory: string;
  readonly endpoint: string;
}

/** The sessions as they were at one instant, told by etcd's watch. */
interface Sighting {
  readonly atMs: number;
  readonly servers: readonly string[];
}

const sightingsKept = 10_000;

const options = JSON.parse(process.argv[2] ?? '{}') as Options;
const gateway = createGateway({
  endpoints: [options.endpoint],
  tls: toClientTls(await readPki(options.stateDirectory)),
  callTimeoutMs: 2_000,
});
const sessions = createKeys(options.cluster).session('');
const sightings: Sighting[] = [];

gateway.watch(sessions, () => {
  const atMs = instantMs();
  gateway.range({ key: sessions, prefix: true, keysOnly: true }).then(
    ({ entries }) => {
      sightings.push({ atMs, servers: entries.map(({ key }) => key.slice(sessions.length)) });
      if (sightings.length > sightingsKept) sightings.shift();
    },
    // The watch tells of the next change; a look that was missed shows as a run without a lease's end.
    () => undefined,
  );
});

answerQuestions({
  endOf: (argument) => {
    const { server, afterMs } = argument as { readonly server: string; readonly afterMs: number };
    return sightings.find(({ atMs, servers }) => atMs > afterMs && !servers.includes(server))?.atMs;
  },
  leader: async () => {
    const [{ leaderId }, members] = await Promise.all([
      gateway.status(options.endpoint),
      gateway.memberList(),
    ]);
    return members.find(({ id }) => id === leaderId)?.name;
  },
});
