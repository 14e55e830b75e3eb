import type { Hierarchy, Resource } from '@holdfast/core';
import type { InstanceRef } from './ports.ts';

/** The resource with this server's parameters laid over the shared ones. */
export function instanceRef(hierarchy: Hierarchy, resource: Resource, server: string): InstanceRef {
  const parameters = { ...resource.parameters, ...resource.instances[server] };
  return { hierarchy: hierarchy.id, tag: resource.tag, kit: resource.kit, parameters };
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
