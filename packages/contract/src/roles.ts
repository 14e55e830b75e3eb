import { z } from 'zod';

/** What a caller may do: see; move what is there; everything (S-02). Each covers those before it. */
export const roles = ['guest', 'operator', 'administrator'] as const;
export const role = z.enum(roles);
export type Role = z.infer<typeof role>;

/** Says whether somebody with the role `held` may do what `needed` may. */
export function covers(held: Role, needed: Role): boolean {
  return roles.indexOf(held) >= roles.indexOf(needed);
}

/** The lesser of two roles. */
export function lesserRole(one: Role, other: Role): Role {
  return covers(one, other) ? other : one;
}
