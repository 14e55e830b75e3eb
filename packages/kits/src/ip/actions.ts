import { because, refuse, type Reason, type Verdict } from '@holdfast/core';
import type { ActionResult } from '@holdfast/engine/ports';
import { HostError, type AddressProbe, type AddressView, type Host } from '../host.ts';
import type { CheckContext, KitContext } from '../kit.ts';
import type { IpParameters } from './parameters.ts';

type Context = KitContext<IpParameters>;

/**
 * How somebody else is asked for. The kernel of a neighbour on a server's network answers within a millisecond. Clients
 * wait for a start, so it takes no longer than three questions need (RFC 5227, PROBE_NUM).
 */
const startProbe: AddressProbe = { timeoutMs: 75, questions: 3 };
/** Before a resource is created nobody waits, and whoever is slow is found. */
export const creationProbe: AddressProbe = { timeoutMs: 150, questions: 3 };
/** The deep check comes again all the time: what one question has missed, another one finds. */
const checkProbe: AddressProbe = { timeoutMs: 150, questions: 1 };

/**
 * Brings the address up on this server and tells the network. An address that is up here already is announced anew.
 * The network is asked for a duplicate while this server is looked at.
 */
export function restoreAddress(context: Context): Promise<ActionResult> {
  return settled(async () => {
    const { host, parameters } = context;
    const first = mayGoOn(context);
    if (!first.allowed) return notStarted(host, parameters, first.reason);
    const [place, link, probe] = await Promise.all([
      findAddress(host, parameters),
      host.addresses.linkUp(parameters.device),
      host.addresses.isUp(viewOf(parameters)) ? undefined : settleProbe(context),
    ]);
    if (!link) return failed(because('link-down', { device: parameters.device }));
    if (place.state === 'elsewhere') return failed(elsewhereReason(parameters, place.device));
    const isNew = place.state === 'absent';
    if (isNew && probe?.failure) return failed(probe.failure);
    const other = isNew ? probe?.other : undefined;
    if (other && parameters.duplicateCheck === 'refuse') return failed(other);
    const verdict = mayGoOn(context);
    if (!verdict.allowed) return notStarted(host, parameters, verdict.reason);
    if (isNew) await host.addresses.add(viewOf(parameters));
    host.addresses.announce(viewOf(parameters));
    return { state: 'ok', ...(other && { warning: other }) };
  });
}

/** What came of the probe: a dead link makes it fail too, and is then the reason that counts. */
async function settleProbe(
  context: Context,
): Promise<{ readonly other?: Reason | undefined; readonly failure?: Reason }> {
  try {
    return { other: await findOther(context, startProbe) };
  } catch (error) {
    return { failure: reasonOf(error) };
  }
}

function mayGoOn({ signal, permit }: Context): Verdict {
  return signal.aborted ? refuse('aborted') : permit();
}

async function notStarted(host: Host, parameters: IpParameters, reason: Reason): Promise<ActionResult> {
  const place = await findAddress(host, parameters);
  return { state: place.state === 'absent' ? 'not-running' : 'unknown', reason };
}

/** Takes the address away, on whatever device and with whatever prefix it is up here. */
export function removeAddress(context: Omit<Context, 'permit'>): Promise<ActionResult> {
  return settled(async () => {
    const { host, parameters } = context;
    // Where it should be it is taken away without a look: the next owner waits.
    await host.addresses.remove(viewOf(parameters));
    const left = (await host.addresses.list()).filter((view) => view.address === parameters.address);
    for (const view of left) await host.addresses.remove(view);
    return { state: 'ok' };
  });
}

/** Is the address up, on a device whose link is up? Costs nothing while it is. */
export function quickCheckAddress(context: CheckContext<IpParameters>): Promise<ActionResult> {
  return settled(async () => {
    const { host, parameters } = context;
    const { address, device } = parameters;
    if (host.addresses.isUp(viewOf(parameters))) return { state: 'ok' };
    const [place, link] = await Promise.all([findAddress(host, parameters), host.addresses.linkUp(device)]);
    switch (place.state) {
      case 'absent':
        return { state: 'not-running', reason: because('address-not-up', { address, device }) };
      case 'elsewhere':
        return failed(elsewhereReason(parameters, place.device));
      case 'here':
        return link ? { state: 'ok' } : failed(because('link-down', { device }));
      default:
        return place satisfies never;
    }
  });
}

/** The same, and asks whether somebody else uses the address too: then its clients reach now one, now the other. */
export async function deepCheckAddress(context: CheckContext<IpParameters>): Promise<ActionResult> {
  const up = await quickCheckAddress(context);
  if (up.state !== 'ok') return up;
  try {
    const other = await findOther(context, checkProbe);
    return other ? { state: 'ok', warning: other } : up;
  } catch (error) {
    return { state: 'ok', warning: reasonOf(error) };
  }
}

/** Where the address is on this server. */
export type AddressPlace =
  | { readonly state: 'absent' }
  | { readonly state: 'here' }
  | { readonly state: 'elsewhere'; readonly device: string };

export async function findAddress(host: Host, parameters: IpParameters): Promise<AddressPlace> {
  const found = (await host.addresses.list()).filter((view) => view.address === parameters.address);
  if (found.some((view) => isSame(view, parameters))) return { state: 'here' };
  const [other] = found;
  return other ? { state: 'elsewhere', device: other.device } : { state: 'absent' };
}

/** Who else answers for the address, if that is to be asked. */
export async function findOther(
  context: Pick<CheckContext<IpParameters>, 'host' | 'parameters'>,
  probe: AddressProbe,
): Promise<Reason | undefined> {
  const { host, parameters } = context;
  if (parameters.duplicateCheck === 'off') return undefined;
  const { address, device } = parameters;
  const mac = await host.addresses.conflict(viewOf(parameters), probe);
  return mac === undefined ? undefined : because('address-in-use', { address, device, mac });
}

export function viewOf({ address, prefix, device }: IpParameters): AddressView {
  return { address, prefix, device };
}

function isSame(view: AddressView, parameters: IpParameters): boolean {
  return view.address === parameters.address && view.device === parameters.device;
}

function elsewhereReason({ address, device }: IpParameters, other: string): Reason {
  return because('address-on-other-device', { address, device, other });
}

function failed(reason: Reason): ActionResult {
  return { state: 'failed', scope: 'server', reason };
}

/** What the host could not do is this server's failure. An error that is none of the host's is a bug, and goes on. */
export async function settled(act: () => Promise<ActionResult>): Promise<ActionResult> {
  try {
    return await act();
  } catch (error) {
    return failed(reasonOf(error));
  }
}

export function reasonOf(error: unknown): Reason {
  if (error instanceof HostError) return error.reason;
  throw error;
}
