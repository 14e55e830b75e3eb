import type { HierarchyAnswer, HierarchyBody, KitForm, StatusAnswer } from '@holdfast/contract';
import { parseAnswer } from './draft.ts';

/** By tag and field, as typed: what is otherwise on the new server. */
export type Differences = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Servers that could still get the hierarchy; those that answer come first. */
export function listOpenServers(
  { servers }: Pick<StatusAnswer, 'servers'>,
  { priorities }: Pick<HierarchyBody, 'priorities'>,
): readonly string[] {
  const isThere = (state: string): boolean => state === 'alive' || state === 'warning';
  return servers
    .filter(({ name, role }) => role === 'member' && !(name in priorities))
    .sort((one, other) => Number(isThere(other.state)) - Number(isThere(one.state)))
    .map(({ name }) => name);
}

/** The parameters of an extension, by tag; what is empty is left to the server. */
export function describeDifferences(
  differences: Differences,
  hierarchy: Pick<HierarchyAnswer, 'resources'> | undefined,
  forms: readonly KitForm[],
): Record<string, Record<string, unknown>> {
  const given = (hierarchy?.resources ?? []).flatMap(({ tag, kit }): [string, Record<string, unknown>][] => {
    const fields = forms.find(({ name }) => name === kit)?.fields ?? [];
    const typed = fields.flatMap((field): [string, unknown][] => {
      const text = differences[tag]?.[field.name]?.trim() ?? '';
      return field.perServer && text !== '' ? [[field.name, parseAnswer(field, text)]] : [];
    });
    return typed.length === 0 ? [] : [[tag, Object.fromEntries(typed)]];
  });
  return Object.fromEntries(given);
}
