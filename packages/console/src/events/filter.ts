/** What the events page is asked to show; an empty text is no condition. */
export interface EventFilter {
  readonly search: string;
  readonly severity: string;
  readonly server: string;
  readonly hierarchy: string;
  readonly limit: string;
}

export const filterNames = ['severity', 'server', 'hierarchy'] as const;
export const fewEvents = 100;
export const manyEvents = 1000;

/** The filter that an address holds. What no page would have written there is no condition. */
export function readFilter(parameters: URLSearchParams): EventFilter {
  const read = (name: keyof EventFilter): string => parameters.get(name) ?? '';
  const severity = read('severity');
  return {
    search: read('search').slice(0, 200),
    severity: severity === 'warning' || severity === 'alarm' ? severity : '',
    server: read('server'),
    hierarchy: read('hierarchy'),
    limit: read('limit') === String(manyEvents) ? String(manyEvents) : '',
  };
}

/** The question to the API for a filter. */
export function describeQuery(filter: EventFilter): Record<string, string> {
  const asked = Object.entries({ ...filter, search: filter.search.trim() });
  return {
    limit: String(fewEvents),
    ...Object.fromEntries(asked.filter(([, value]) => value !== '')),
  };
}
