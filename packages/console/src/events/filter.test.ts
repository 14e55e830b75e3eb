import { eventsQuery } from '@holdfast/contract';
import { expect, test } from 'vitest';
import { describeQuery, readFilter } from './filter.ts';

test('U-03 the filter of the events page is read from its address and asked of the API', () => {
  const filter = readFilter(new URLSearchParams('search=%20pgsql&severity=alarm&server=server1&limit=1000'));
  const query = describeQuery(filter);
  expect(query).toEqual({ search: 'pgsql', severity: 'alarm', server: 'server1', limit: '1000' });
  expect(eventsQuery.safeParse(query).success).toBe(true);
});

test('U-03 an address that no page has written shows all events', () => {
  const query = describeQuery(readFilter(new URLSearchParams('severity=loud&limit=99999999&search=')));
  expect(query).toEqual({ limit: '100' });
});
