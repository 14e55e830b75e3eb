import { cleanLeftovers } from './leftovers.ts';
import { createLoopbackBoxes } from './loopback-boxes.ts';
import { createNamespaceBoxes, whyNoNamespaces } from './namespace-boxes.ts';
import type { LabMode, ServerBoxes } from './server-box.ts';

export interface ServerBoxesOptions {
  /** Names of the servers; those that have a way to the shared volume come first. */
  readonly servers: readonly string[];
  /** How many of them have a way to the volume. All when not given. */
  readonly withVolume?: number;
  /**
   * One when not given. Two: every server has an address in each, clients are on the first. Three, in namespaces: the
   * first is for clients alone.
   */
  readonly networks?: 1 | 2 | 3;
}

/** The best mode that this user and this machine allow. */
export async function chooseLabMode(): Promise<LabMode> {
  return (await whyNoNamespaces()) === undefined ? 'namespaces' : 'loopback';
}

/**
 * Makes the servers of a lab, all switched on, after removing what earlier labs left behind. Rejects with the reason
 * where this user or this machine does not allow the mode.
 * The caller disposes of them; what a `kill -9` of the caller leaves is removed at the next call.
 */
export async function createServerBoxes(mode: LabMode, options: ServerBoxesOptions): Promise<ServerBoxes> {
  await cleanLeftovers();
  switch (mode) {
    case 'namespaces': {
      const why = await whyNoNamespaces();
      if (why !== undefined) throw new Error(`servers cannot be namespaces here: ${why}`);
      return createNamespaceBoxes({
        servers: options.servers,
        withVolume: options.withVolume ?? options.servers.length,
        networks: options.networks ?? 1,
      });
    }
    case 'loopback':
      return createLoopbackBoxes(options.servers, options.networks ?? 1);
    default:
      return mode satisfies never;
  }
}
