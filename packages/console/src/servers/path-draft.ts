import { changePathRequest, type PathDetail } from '@holdfast/contract';

/** Properties of a path as somebody types them. */
export interface PathDraft {
  readonly priority: string;
  readonly intervalS: string;
  readonly misses: string;
}

export type PathProperties = Pick<PathDetail, 'priority' | 'intervalMs' | 'misses'>;

/** As the API has them when nothing is said. */
export const standardPath: PathDraft = { priority: '1', intervalS: '1', misses: '5' };

export function createPathDraft({ priority, intervalMs, misses }: PathProperties): PathDraft {
  return { priority: String(priority), intervalS: String(intervalMs / 1_000), misses: String(misses) };
}

function numberOf(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}

/** The draft in the units of the API. What is no number is `NaN`. */
export function describePath({ priority, intervalS, misses }: PathDraft): PathProperties {
  return {
    priority: numberOf(priority),
    intervalMs: Math.round(numberOf(intervalS) * 1_000),
    misses: numberOf(misses),
  };
}

/** The fields whose value the API would refuse. */
export function listWrongFields(draft: PathDraft): readonly (keyof PathProperties)[] {
  const properties = describePath(draft);
  const { shape } = changePathRequest;
  return (['priority', 'intervalMs', 'misses'] as const).filter(
    (name) => !shape[name].safeParse(properties[name]).success,
  );
}
