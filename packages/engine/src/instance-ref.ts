import type { Hierarchy, Resource } from '@holdfast/core';
import type { InstanceRef } from './ports.ts';

/** The resource with this server's parameters laid over the shared ones. */
export function instanceRef(
  hierarchy: Pick<Hierarchy, 'id'>,
  resource: Resource,
  server: string,
): InstanceRef {
  const parameters = { ...resource.parameters, ...resource.instances[server] };
  const { tag, kit, checks, tunables } = resource;
  return { hierarchy: hierarchy.id, tag, kit, parameters, checks, tunables };
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
