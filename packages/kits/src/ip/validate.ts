import { BlockList } from 'node:net';
import { because, type Parameters, type Reason } from '@holdfast/core';
import type { AddressView, Host } from '../host.ts';
import type { CheckContext, ExamineContext, Finding } from '../kit.ts';
import { creationProbe, findAddress, findOther, reasonOf } from './actions.ts';
import type { IpParameters } from './parameters.ts';

type Context = CheckContext<IpParameters>;

/** The device whose network holds the address, and that network's prefix. */
export async function findDefaults(given: Parameters, host: Host): Promise<Parameters> {
  const { address } = given;
  if (typeof address !== 'string') return {};
  if (host.addresses.kind === 'loopback') return { device: 'lo', prefix: 32 };
  const network = (await host.addresses.list()).find(
    (view) =>
      isInNetwork(address, view) && (given['device'] === undefined || given['device'] === view.device),
  );
  return network ? { device: network.device, prefix: network.prefix } : {};
}

/** Checks of a creation: the device is there with a link, and nobody has the address. */
export async function validateAddress(context: Context): Promise<readonly Finding[]> {
  const [link, network] = await findingsOfDevice(context);
  if (link.outcome === 'failed') return [link, network];
  return [
    link,
    network,
    await judged('address-free', context, () => findTaken(context)),
    await judged('address-not-here', context, () => findHere(context), 'warned'),
  ];
}

/** Checks of an extension on its target. The address is in use, by the server that has it now. */
export async function prepareExtendAddress(context: Context): Promise<readonly Finding[]> {
  const found = await findingsOfDevice(context);
  return [...found, await judged('address-not-here', context, () => findHere(context))];
}

/** The doctor's checks: the network is there, and the address is only where it is in service. */
export async function examineAddress(context: ExamineContext<IpParameters>): Promise<readonly Finding[]> {
  return context.role === 'standby' ? prepareExtendAddress(context) : findingsOfDevice(context);
}

function findingsOfDevice(context: Context): Promise<[Finding, Finding]> {
  return Promise.all([
    judged('link', context, () => findLinkProblem(context)),
    judged('network', context, () => findNetworkProblem(context), 'warned'),
  ]);
}

async function judged(
  check: string,
  { parameters: { address, device } }: Context,
  search: () => Promise<Reason | undefined>,
  problemIs: 'failed' | 'warned' = 'failed',
): Promise<Finding> {
  const problem = await search().catch(reasonOf);
  if (problem) return { check, outcome: problemIs, reason: problem };
  return { check, outcome: 'passed', reason: because(`${check}-fine`, { address, device }) };
}

async function findLinkProblem({ host, parameters: { device } }: Context): Promise<Reason | undefined> {
  return (await host.addresses.linkUp(device)) ? undefined : because('link-down', { device });
}

/** Outside of the device's networks the address works only with a route of its own. */
async function findNetworkProblem({ host, parameters }: Context): Promise<Reason | undefined> {
  const { address, device } = parameters;
  if (host.addresses.kind === 'loopback') return undefined;
  const onDevice = (await host.addresses.list()).filter((view) => view.device === device);
  const isInside = onDevice.some((view) => view.address !== address && isInNetwork(address, view));
  return isInside ? undefined : because('address-outside-network', { address, device });
}

async function findTaken(context: Context): Promise<Reason | undefined> {
  const place = await findAddress(context.host, context.parameters);
  if (place.state === 'here') return undefined;
  const parameters = { ...context.parameters, duplicateCheck: 'refuse' } as const;
  return findOther({ ...context, parameters }, creationProbe);
}

async function findHere({ host, parameters }: Context): Promise<Reason | undefined> {
  const { address, device } = parameters;
  const place = await findAddress(host, parameters);
  switch (place.state) {
    case 'absent':
      return undefined;
    case 'here':
      return because('address-already-here', { address, device });
    case 'elsewhere':
      return because('address-on-other-device', { address, device, other: place.device });
    default:
      return place satisfies never;
  }
}

function isInNetwork(address: string, { address: member, prefix }: AddressView): boolean {
  if (member.includes(':') !== address.includes(':')) return false;
  const family = member.includes(':') ? 'ipv6' : 'ipv4';
  const network = new BlockList();
  network.addSubnet(member, prefix, family);
  return network.check(address, family);
}
