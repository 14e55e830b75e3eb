import { useText } from '../i18n/text.ts';
import { PlainTable, type Column } from '../shell/plain-table.tsx';
import { RowActions } from '../shell/row-actions.tsx';
import { useRefusal } from '../shell/use-refusal.ts';
import { useFormats } from '../words/formats.ts';
import { PathState } from '../words/states.tsx';
import type { Link } from './links.ts';

/** Every path with what both its ends see, and what is set for it (C-02). */
export function PathsTable({ links }: { readonly links: readonly Link[] }) {
  const say = useText();
  const { milliseconds, number } = useFormats();
  const refusal = useRefusal('administrator');
  const columns: readonly Column<Link>[] = [
    { title: say('servers.path'), cell: ({ id }) => id },
    { title: say('servers.state'), cell: ({ state }) => <PathState state={state} /> },
    {
      title: say('paths.ends'),
      cell: ({ ends }) =>
        ends.map(({ server, address }) => (
          <div key={server}>
            {server} <span className="hf-subtle">{address}</span>
          </div>
        )),
    },
    { title: say('paths.seen'), cell: (link) => <Views link={link} /> },
    { title: say('paths.priority'), cell: ({ priority }) => number(priority) },
    {
      title: say('paths.beat'),
      cell: ({ intervalMs, misses }) =>
        say('paths.beatWords', { interval: milliseconds(intervalMs), misses: number(misses) }),
    },
    {
      title: say('access.actions'),
      cell: ({ id }) => (
        <RowActions
          name={id}
          actions={[
            { words: say('paths.change'), path: `/servers/paths/${encodeURIComponent(id)}`, refusal },
            { words: say('paths.delete'), path: `/servers/paths/${encodeURIComponent(id)}/delete`, refusal },
          ]}
        />
      ),
    },
  ];
  return (
    <PlainTable
      label={say('servers.paths')}
      columns={columns}
      rows={links}
      keyOf={({ id }) => id}
      empty={say('paths.none')}
    />
  );
}

/** What each end says of a path: they see it apart from each other. */
function Views({ link: { ends, views } }: { readonly link: Link }) {
  const say = useText();
  const { milliseconds, number } = useFormats();
  return ends.map(({ server }, index) => {
    const view = views[index];
    return (
      <div key={server}>
        {server}: <PathState state={view?.state ?? 'unknown'} />{' '}
        {view && (
          <span className="hf-subtle">
            {view.roundTripMs !== null && `${milliseconds(view.roundTripMs)} · `}
            {say('paths.counts', { misses: number(view.misses), flaps: number(view.flaps) })}
          </span>
        )}
      </div>
    );
  });
}
