import type { Tunables } from '@holdfast/core';
import type { FieldText } from './kit.ts';

/** A limit of a kit that administrators may set: form, settings and reference are made from it (K-18). */
export interface Tunable extends FieldText {
  /** Its name in the defaults file and in every interface. */
  readonly name: string;
  readonly default: number;
  /** A smaller value, or one that is no whole number, counts as this one. */
  readonly minimum: number;
  /** What one of it is. */
  readonly unit: { readonly en: string; readonly ja: string };
  /** When a new value takes effect. */
  readonly effect: { readonly en: string; readonly ja: string };
}

/** Where a value comes from, the strongest last. */
export type TunableSource = 'default' | 'server' | 'cluster' | 'resource';

/** What was set in each place. Those of the server are its file's own words. */
export interface TunableSources {
  readonly server: Readonly<Record<string, string>>;
  readonly cluster: Tunables;
  readonly resource: Tunables;
}

/** One limit as it holds. `replaced`: what stands there cannot be used, and the minimum holds instead. */
export interface ResolvedTunable {
  readonly tunable: Tunable;
  readonly value: number;
  readonly source: TunableSource;
  readonly replaced: string | undefined;
}

/**
 * The limits of a kit as they hold: what the resource has set, else the cluster, else this server's defaults file, else
 * the default. The strongest place that says anything counts, also where its value has to be replaced (K-18).
 */
export function resolveTunables(
  declared: readonly Tunable[],
  sources: TunableSources,
): readonly ResolvedTunable[] {
  return declared.map((tunable) => {
    const { name, minimum } = tunable;
    const source = (['resource', 'cluster', 'server'] as const).find(
      (one) => sources[one][name] !== undefined,
    );
    if (source === undefined)
      return { tunable, value: tunable.default, source: 'default', replaced: undefined };
    const given = String(sources[source][name]).trim();
    const value = /^\d{1,9}$/.test(given) ? Number(given) : Number.NaN;
    return value >= minimum
      ? { tunable, value, source, replaced: undefined }
      : { tunable, value: minimum, source, replaced: given.slice(0, 100) };
  });
}

/** The limits alone, by name, as an action of the kit takes them. */
export function valuesOf(resolved: readonly ResolvedTunable[]): Tunables {
  return Object.fromEntries(resolved.map(({ tunable, value }) => [tunable.name, value]));
}

/** The limits that hold where nobody has set any. */
export function defaultTunables(declared: readonly Tunable[] = []): Tunables {
  return valuesOf(resolveTunables(declared, { server: {}, cluster: {}, resource: {} }));
}

/**
 * Parses a defaults file: lines of `NAME=VALUE` as in `/etc/default`, with or without quotes, comments from `#` on. Of
 * a name that comes twice the last one counts. Other lines say nothing here.
 */
export function parseDefaultsFile(text: string): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const line of text.split('\n')) {
    const match = /^\s*(?:export\s+)?([A-Z][A-Z0-9_]{0,63})=(?:"([^"]*)"|'([^']*)'|([^\s#]*))/.exec(line);
    const [, name, ...values] = match ?? [];
    if (name !== undefined) found[name] = values.find((value) => value !== undefined) ?? '';
  }
  return found;
}
