import type { Kit } from '@holdfast/kits';
import type { Parameters } from '@holdfast/core';

/** Where the volumes among some resources of one server are in service. */
export function volumesOf(
  resources: readonly { readonly kit: Kit | undefined; readonly parameters: Parameters }[],
): readonly string[] {
  return resources.flatMap(({ kit, parameters }) =>
    kit?.provides && kit.schema.safeParse(parameters).success ? [kit.provides(parameters)] : [],
  );
}
