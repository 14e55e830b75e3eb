import { createServer, type Server, type ServerResponse } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { StoreAnswerError, StoreUnavailableError } from './errors.ts';
import { createGateway, type Gateway } from './gateway.ts';

/** Members that misbehave as no test can make a real one misbehave at will: each answers from a script. */
const servers: Server[] = [];
const gateways: Gateway[] = [];

afterEach(async () => {
  for (const gateway of gateways.splice(0)) gateway.close();
  await Promise.all(servers.splice(0).map((server) => new Promise((resolve) => server.close(resolve))));
});

type Script = (path: string, response: ServerResponse) => void;

async function startMember(script: Script): Promise<string> {
  const server = createServer((request, response) => script(request.url ?? '', response));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
}

function open(...endpoints: string[]): Gateway {
  const gateway = createGateway({ endpoints, callTimeoutMs: 600 });
  gateways.push(gateway);
  return gateway;
}

function header(raftTerm: number, clusterId = '7'): object {
  return { cluster_id: clusterId, member_id: '1', revision: '10', raft_term: String(raftTerm) };
}

/** Answers reads and renewals, all in the term that `view` says now. */
function memberIn(view: { raftTerm: number; clusterId?: string }): Script {
  return (path, response) => {
    const own = { header: header(view.raftTerm, view.clusterId) };
    response.end(
      JSON.stringify(path.includes('keepalive') ? { result: { ...own, ID: '5', TTL: '10' } } : own),
    );
  };
}

test('S2 a renewal by a member that was left behind in an older term is not believed', async () => {
  const left = { raftTerm: 4 };
  const gateway = open(await startMember(memberIn(left)));
  expect(await gateway.leaseKeepAlive('5')).toMatchObject({ state: 'renewed' });
  left.raftTerm = 5;
  await gateway.range({ key: 'a', prefix: false });
  left.raftTerm = 4;
  await expect(gateway.leaseKeepAlive('5')).rejects.toMatchObject({
    code: 'HF-STORE-001',
    facts: { tried: expect.stringContaining('stale-member') },
  });
  await expect(gateway.range({ key: 'a', prefix: false })).rejects.toBeInstanceOf(StoreUnavailableError);
});

test('a member that was left behind is passed over for one that was not', async () => {
  const [behind, current] = [
    await startMember(memberIn({ raftTerm: 4 })),
    await startMember(memberIn({ raftTerm: 5 })),
  ];
  const gateway = open(current, behind);
  await gateway.range({ key: 'a', prefix: false });
  gateway.setEndpoints([behind, current]);
  expect(await gateway.leaseKeepAlive('5')).toMatchObject({ state: 'renewed' });
  expect(gateway.endpoints()).toEqual([current, behind]);
});

test('an answer of another cluster does not count', async () => {
  const view = { raftTerm: 4, clusterId: '7' };
  const gateway = open(await startMember(memberIn(view)));
  await gateway.range({ key: 'a', prefix: false });
  view.clusterId = '8';
  await expect(gateway.range({ key: 'a', prefix: false })).rejects.toMatchObject({
    code: 'HF-STORE-001',
    facts: { tried: expect.stringContaining('other-cluster') },
  });
});

test('what does not speak as etcd does is told apart from silence', async () => {
  const answers = ['<html>', '', '[]', '{"header":5}', '{}', '{"header":{"raft_term":"x"}}', '{"error":7}'];
  for (const text of answers) {
    const gateway = open(await startMember((_path, response) => response.end(text)));
    await expect(gateway.range({ key: 'a', prefix: false }), text).rejects.toBeInstanceOf(StoreAnswerError);
  }
  const lost = open(await startMember((_path, response) => response.writeHead(404).end('page not found')));
  await expect(lost.range({ key: 'a', prefix: false })).rejects.toMatchObject({ code: 'HF-STORE-003' });
});

test('an answer that breaks off in the middle is no answer', async () => {
  const broken = await startMember((_path, response) => {
    response.writeHead(200, { 'content-length': '500' });
    response.write('{"header":{"cluster_id":"7"');
    setImmediate(() => response.destroy());
  });
  await expect(open(broken).put('a', '1')).rejects.toMatchObject({
    code: 'HF-STORE-001',
    facts: { mayHaveHappened: true },
  });
  const gateway = open(broken, await startMember(memberIn({ raftTerm: 4 })));
  expect((await gateway.range({ key: 'a', prefix: false })).entries).toEqual([]);
});

test('C-05 what etcd has turned away is asked again: of a member that learns at the next one, of a leader that goes after a moment', async () => {
  const gone = (message: string): string => JSON.stringify({ error: message, message, code: 14 });
  const learner = await startMember((_path, response) =>
    response.writeHead(503).end(gone('etcdserver: rpc not supported for learner')),
  );
  const second = open(learner, await startMember(memberIn({ raftTerm: 4 })));
  await second.put('a', '1');
  let asked = 0;
  const moving = await startMember((path, response) => {
    asked += 1;
    if (asked > 3) memberIn({ raftTerm: 4 })(path, response);
    else response.writeHead(500).end(gone('raft proposal dropped'));
  });
  const untouched = await startMember(() => {
    throw new Error('the next member is not asked meanwhile');
  });
  await open(moving, untouched).put('a', '1');
  expect(asked).toBe(4);
  const never = await startMember((_path, response) =>
    response.writeHead(500).end(gone('raft proposal dropped')),
  );
  await expect(open(never).put('a', '1')).rejects.toMatchObject({
    code: 'HF-STORE-001',
    facts: { mayHaveHappened: false },
  });
});

test('a transaction without the field "succeeded" did not succeed', async () => {
  const gateway = open(await startMember(memberIn({ raftTerm: 4 })));
  expect(await gateway.txn([], [])).toBe(false);
});

test('errors are understood in the form of every etcd version', async () => {
  const text = 'etcdserver: requested lease not found';
  const forms = [
    `{"error":"${text}","message":"${text}","code":5}`,
    `{"code":5,"message":"${text}","details":[]}`,
    `{"error":{"grpc_code":5,"http_code":404,"message":"${text}"}}`,
  ];
  for (const form of forms) {
    const gateway = open(await startMember((_path, response) => response.writeHead(404).end(form)));
    await expect(gateway.put('a', '1', '5'), form).rejects.toMatchObject({ code: 'HF-STORE-002' });
  }
  const full = '{"code":8,"message":"etcdserver: mvcc: database space exceeded"}';
  const filled = open(await startMember((_path, response) => response.writeHead(429).end(full)));
  await expect(filled.put('a', '1')).rejects.toMatchObject({ code: 'HF-STORE-007' });
  const electing = '{"error":"etcdserver: leader changed","message":"etcdserver: leader changed","code":14}';
  const gateway = open(
    await startMember((_path, response) => response.writeHead(503).end(electing)),
    await startMember(memberIn({ raftTerm: 4 })),
  );
  expect((await gateway.range({ key: 'a', prefix: false })).entries).toEqual([]);
});
