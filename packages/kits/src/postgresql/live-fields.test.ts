import { expect, test } from 'vitest';
import { liveFields, postgresqlParameters } from './parameters.ts';

test('H-01 where and as whom the checks connect may change while it runs, and nothing that it was started with', () => {
  const fields = Object.keys(postgresqlParameters.shape);
  expect(liveFields.filter((field) => !fields.includes(field))).toEqual([]);
  const started = [
    'service',
    'executables',
    'dataDirectory',
    'port',
    'account',
    'arguments',
    'serviceOrigin',
  ];
  expect(liveFields.filter((field) => started.includes(field))).toEqual([]);
});
