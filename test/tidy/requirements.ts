import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

interface Requirement {
  readonly number: string;
  readonly what: string;
  /** A benchmark that measures what no test may time. */
  readonly measuredBy?: string;
}

interface Area {
  readonly title: string;
  readonly requirements: readonly Requirement[];
}

/** What the product is to do, each under the number that tests begin with. */
export const areas: readonly Area[] = [
  area('PostgreSQL recovery kit', {
    'K-01': 'a resource protects one database cluster; every field has a default where one can be found',
    'K-02': 'an existing service keeps its settings; a missing one is made, and deleted with the resource',
    'K-03': 'a protected service is started by nobody else',
    'K-04': 'tags are unique and printable; passwords are never kept',
    'K-05': 'checks of a creation, each with its code and remedy',
    'K-06': 'a missing port argument is put right on request',
    'K-07': 'the volumes of all parts of the database become children by themselves',
    'K-08': 'an address can be a child, and the database must listen on it',
    'K-09': 'a creation that fails or is cancelled leaves nothing behind',
    'K-10': 'checks of an extension, run on the target, shown together',
    'K-11': 'what can be different on the added server, and its priority',
    'K-12': 'unextend: not where it is in service, and only there',
    'K-13': 'delete: everywhere; the database goes on running',
    'K-14': 'restore: in order, tested, and content with what runs already',
    'K-15': 'crash recovery is waited for while it makes progress',
    'K-16': 'a postmaster is told apart from any other process of its number',
    'K-17': 'a stop always ends, step by step',
    'K-18': 'limits that can be set, live, with their minimums',
    'K-19': 'quick check: a dead postmaster is noticed at once',
    'K-20': 'deep check: a full or starting database is alive; a refused login is no dead database',
    'K-21': 'what was paused or stopped by hand is never counted as healthy',
    'K-22': 'password file and trust lines, tested on every server',
    'K-23': 'several database clusters, each its own hierarchy',
    'K-24': 'three and more servers: failover in the order of priority',
    'K-25': 'a further database cluster disturbs no other',
    'K-26': 'every trouble of the trouble-shooting page has its code, cause and remedy',
  }),
  area('Hierarchies', {
    'H-01': 'each change is done wholly or not at all',
    'H-02': 'many parents and children, no cycles, branches side by side',
    'H-03': 'in service, out of service',
    'H-04': 'a switchover that fails goes back',
    'H-05': 'switchback, intelligent or automatic',
    'H-06': 'dry run of every change',
    'H-07': 'an operation survives the death of client and daemon',
  }),
  area('Monitoring and recovery', {
    'R-01': 'intervals, deadlines and counts of checks',
    'R-02': 'local recovery first, as the policy says, then failover',
    'R-03': 'everything in service is checked',
    'R-04': 'a failed child is mended, then what stands on it',
    'R-05': 'when the last server has failed too, it is tried again later',
    'R-06': 'a stop that fails never ends in two copies',
    'R-07': 'maintenance, confirmed and blocked failover',
    'R-08': 'events with fixed names; a report of each failover',
    'R-09': 'a cause that follows the data moves nothing; moves are limited',
  }),
  area('Cluster and communication', {
    'C-01': 'init, join, leave; witness',
    'C-02': 'communication paths',
    'C-03': 'one port',
    'C-04': 'commands on another server',
    'C-05': 'etcd decides who may run what',
    'C-06': 'without its lease a server stops what it runs',
    'C-07': 'orderly shutdown hands over or stops',
    'C-08': 'failsafe: etcd away while all servers see each other',
    'C-09': 'two servers without a witness',
    'C-10': 'a restart of the daemon leaves the database running',
    'C-11': 'configuration export and import',
    'C-12': 'timing profiles',
    'C-13': 'what protects the volume is shown',
  }),
  area('Interfaces', {
    'U-01': 'command line',
    'U-02': 'API',
    'U-03': 'web console',
    'U-04': 'metrics and health addresses',
    'U-05': 'notifications',
    'U-06': 'demo',
  }),
  area('Security', {
    'S-01': 'mutual TLS, rotation, join tokens',
    'S-02': 'roles, accounts, sessions',
    'S-03': 'audit record of every change',
    'S-04': 'no input unchecked, no secret in a log, tight modes',
  }),
  area('Extension', {
    'X-01': 'volume kit',
    'X-02': 'address kit',
    'X-03': 'generic kit',
    'X-04': 'OCF kit',
    'X-05': 'service kit',
    'X-06': 'a kit is one object; its schema makes the forms',
    'X-07': 'fencing',
    'X-08': 'streaming replication',
  }),
  area(
    'Performance',
    {
      'P-01': 'time from power loss to the first committed write',
      'P-02': 'write outage of a switchover',
      'P-03': 'time until a crashed postmaster answers again',
      'P-04': 'what an idle daemon takes',
      'P-05': '32 servers and 200 hierarchies',
    },
    {
      'P-01': 'bench/failover.ts',
      'P-02': 'bench/failover.ts',
      'P-03': 'bench/failover.ts',
      'P-04': 'bench/idle.ts',
    },
  ),
  area('Beyond every peer', {
    'B-01': 'the simulator runs the shipped code through random faults',
    'B-02': 'explain: why, and what if',
    'B-03': 'drill: a rehearsed failover',
    'B-04': 'decision journals can be replayed',
    'B-05': 'a detector of two writers in the tests',
    'B-06': 'how long a crash recovery would take now',
  }),
];

function area(
  title: string,
  requirements: Readonly<Record<string, string>>,
  measured: Readonly<Record<string, string>> = {},
): Area {
  return {
    title,
    requirements: Object.entries(requirements).map(([number, what]) => {
      const measuredBy = measured[number];
      return { number, what, ...(measuredBy !== undefined && { measuredBy }) };
    }),
  };
}

export interface Proof {
  readonly number: string;
  /** Path from the project's root. */
  readonly file: string;
  readonly title: string;
}

/** Every title of a test that begins with numbers of requirements, once for each number. */
export function findProofs(): readonly Proof[] {
  return ['packages', 'test']
    .flatMap((directory) => testFiles(join(root, directory)))
    .flatMap((path) => {
      const file = relative(root, path);
      const titles = readFileSync(path, 'utf8').matchAll(
        /(['"`])((?:[A-Z]-\d\d[,:]? )+)((?:\\.|(?!\1)[^\n\\])+)\1/g,
      );
      return [...titles].flatMap(([, , numbers = '', rest = '']) =>
        (numbers.match(/[A-Z]-\d\d/g) ?? []).map((number) => ({
          number,
          file,
          title: rest.replace(/\\(.)/g, '$1'),
        })),
      );
    });
}

function testFiles(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts') && !name.includes('node_modules'))
    .toSorted()
    .map((name) => join(directory, name));
}

/** The page `docs/reference/requirements.md`: each requirement with the tests that prove it. */
export function renderRequirements(): string {
  const proofs = findProofs();
  const sections = areas.map(({ title, requirements }) => {
    const entries = requirements.map((requirement) => renderRequirement(requirement, proofs));
    return `## ${title}\n\n${entries.join('\n')}`;
  });
  return (
    [
      '<!-- made by test/tidy/write-requirements.ts: do not edit -->',
      '# Requirements and their tests',
      'What Holdfast is to do, and the tests whose titles begin with its number. What has no test is not built.',
      ...sections,
      '',
    ]
      .join('\n\n')
      .trimEnd() + '\n'
  );
}

function renderRequirement({ number, what, measuredBy }: Requirement, proofs: readonly Proof[]): string {
  const own = proofs.filter((proof) => proof.number === number);
  const files = Map.groupBy(own, ({ file }) => file);
  const tests = [...files].map(
    ([file, found]) => `  - [${file}](../../${file}): ${found.map(({ title }) => title).join('; ')}`,
  );
  const measured = measuredBy === undefined ? [] : [`  - measured by [${measuredBy}](../../${measuredBy})`];
  const lines = [...measured, ...tests];
  return [`- **${number}** ${what}`, ...(lines.length > 0 ? lines : ['  - not built'])].join('\n');
}
