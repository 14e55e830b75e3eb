import { apiRoot, eventBody, type EventBody } from '@holdfast/contract';
import type { LabCluster } from '@holdfast/lab/cluster';
import { waitFor } from '@holdfast/lab';
import { request } from 'node:http';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTestCluster, instantMs, recoveryMs } from './testing.ts';

let cluster: LabCluster;

beforeAll(async () => {
  cluster = await createTestCluster();
}, 120_000);
afterAll(() => cluster.dispose(), 60_000);

interface Told {
  readonly id: string;
  readonly event: EventBody;
}

/** Reads the stream of one server until `bytes` have come or it is quiet for a moment, and hangs up wherever that is. */
function readSome(options: {
  readonly server: string;
  readonly lastEventId: string | undefined;
  readonly bytes: number;
}): Promise<readonly Told[]> {
  const { server, lastEventId, bytes } = options;
  const told: Told[] = [];
  const { promise, resolve, reject } = Promise.withResolvers<readonly Told[]>();
  const sent = request({
    socketPath: path.join(cluster.server(server).box.directories.run, 'holdfast.sock'),
    path: `${apiRoot}/events?follow=true&limit=1000`,
    headers: lastEventId === undefined ? {} : { 'last-event-id': lastEventId },
  });
  sent.on('error', (error) => (told.length > 0 ? resolve(told) : reject(error)));
  sent.on('response', (message) => {
    let text = '';
    const quiet = setTimeout(() => sent.destroy(), 1_000);
    message.setEncoding('utf8');
    message.on('data', (part: string) => {
      text = `${text}${part}`.slice(0, bytes);
      quiet.refresh();
      if (text.length >= bytes) sent.destroy();
    });
    message.on('error', () => undefined);
    message.on('close', () => {
      clearTimeout(quiet);
      resolve(parseWhole(text));
    });
  });
  sent.end();
  return promise;
}

/** Only an event that ends in an empty line has come (HTML standard, 9.2). */
function parseWhole(text: string): readonly Told[] {
  return text
    .split('\n\n')
    .slice(0, -1)
    .flatMap((block) => {
      const id = /^id: (.+)$/m.exec(block)?.[1];
      const data = /^data: (.+)$/m.exec(block)?.[1];
      return id === undefined || data === undefined ? [] : [{ id, event: eventBody.parse(JSON.parse(data)) }];
    });
}

test('U-02 R-08 a stream that is cut again and again, and goes on at another server, loses and doubles no event', async () => {
  const { tags } = cluster;
  const until = instantMs() + 12_000;
  const busy = (async () => {
    while (instantMs() < until)
      for (const on of ['on', 'off'])
        await cluster.server('server1').holdfast(['set', tags.postgresql, '--maintenance', on]);
  })();
  const all: Told[] = [];
  const read = async (bytes: number): Promise<number> => {
    const server = all.length % 2 === 0 ? 'server1' : 'server2';
    const some = await readSome({ server, lastEventId: all.at(-1)?.id, bytes });
    all.push(...some);
    return some.length;
  };
  for (let bytes = 150; instantMs() < until; bytes = 150 + ((bytes * 7) % 1_900)) await read(bytes);
  await busy;
  await waitFor(async () => (await read(1_000_000)) === 0, {
    what: 'the end of the news',
    timeoutMs: recoveryMs,
  });
  const kept = (await cluster.events()).map(({ id }) => id);
  expect(all.map(({ event }) => event.id).toSorted()).toEqual(kept.toSorted());
  expect(kept.length).toBeGreaterThan(20);
}, 120_000);
