/**
 * In which order a server asks etcd's members: its own first, then the others, so that neighbours in the list
 * are different members and, as far as possible, on different networks. Who is silent is followed after a
 * moment by the next one (`askInTurn`): a network that swallows everything costs that moment once, not once for
 * each address on it.
 *
 * `own`: one address of its own member, which no network can cut. `others`: the addresses of each other member,
 * those on one network at the same place.
 */
export function orderEndpoints(
  own: string | undefined,
  others: readonly (readonly string[])[],
): readonly string[] {
  const mostAddresses = Math.max(0, ...others.map((urls) => urls.length));
  const order = own === undefined ? [] : [own];
  for (let round = 0; round < mostAddresses; round += 1)
    for (const [index, urls] of others.entries()) {
      const url = round < urls.length ? urls[(round + index) % urls.length] : undefined;
      if (url !== undefined) order.push(url);
    }
  return [...new Set(order)];
}
