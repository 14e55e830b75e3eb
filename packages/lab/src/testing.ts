import { whyNoNamespaces } from './namespace-boxes.ts';
import type { LabMode } from './server-box.ts';

/** The modes that tests can be run in here: `namespaces` needs root. */
export async function availableModes(): Promise<readonly LabMode[]> {
  return (await whyNoNamespaces()) === undefined ? ['namespaces', 'loopback'] : ['loopback'];
}
