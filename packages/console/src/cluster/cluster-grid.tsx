import type { StatusAnswer } from '@holdfast/contract';
import { useCallback, useMemo, useRef, useState, type MouseEvent } from 'react';
import { useText } from '../i18n/text.ts';
import { ActionMenu, type OpenMenu } from './action-menu.tsx';
import type { MenuTarget } from './actions.ts';
import { GridHead } from './grid-head.tsx';
import { columnPx, GridRow, type GridHandlers } from './grid-row.tsx';
import { InstanceDetails, type OpenDetails } from './instance-details.tsx';
import type { TreeRow } from './tree.ts';
import { useGridKeys } from './use-grid-keys.ts';
import { useGridWindow } from './use-window.ts';

/** As the style sheet has it. */
const rowPx = 44;

/** Hierarchies down, servers across. Only what can be seen is drawn, so that it may have thousands of rows. */
export function ClusterGrid(props: {
  readonly status: StatusAnswer;
  readonly rows: readonly TreeRow[];
  readonly onToggle: (key: string) => void;
}) {
  const say = useText();
  const { status, rows, onToggle } = props;
  const box = useRef<HTMLDivElement>(null);
  const [menu, setMenu] = useState<OpenMenu>();
  const [details, setDetails] = useState<OpenDetails>();
  const names = status.servers.map(({ name }) => name).join('\n');
  const servers = useMemo(() => (names === '' ? [] : names.split('\n')), [names]);
  const size = { rows: rows.length, columns: servers.length, rowPx, columnPx };
  const { rows: shown, columns } = useGridWindow(box, size);
  const { from, to } = shown;
  const keys = useGridKeys(box, size, (index, open) => {
    const row = rows[index];
    if (!row?.hasChildren || row.isExpanded === open) return false;
    onToggle(row.key);
    return true;
  });
  const onMenu = useCallback((event: MouseEvent<HTMLElement>, target: MenuTarget, name: string): void => {
    event.preventDefault();
    setDetails(undefined);
    setMenu({ target, name, at: placeOf(event), opener: openerOf(event) });
  }, []);
  const onDetails = useCallback((opener: HTMLElement, row: TreeRow, server: string): void => {
    setDetails({ opener, hierarchy: row.hierarchy.id, tag: row.resource.tag, server });
  }, []);
  const { onFocus } = keys;
  const handlers = useMemo(
    (): GridHandlers => ({ onToggle, onMenu, onDetails, onFocus }),
    [onToggle, onMenu, onDetails, onFocus],
  );
  const { active } = keys;
  return (
    <div ref={box} className="hf-grid" onKeyDown={keys.onKeyDown}>
      <table
        className="pf-v6-c-table pf-m-compact pf-m-grid-none"
        role="treegrid"
        aria-label={say('cluster.table')}
        aria-rowcount={rows.length + 1}
        aria-colcount={servers.length + 1}
      >
        <GridHead
          servers={status.servers}
          from={columns.from}
          to={columns.to}
          activeColumn={active.row === -1 ? active.column : undefined}
          handlers={handlers}
        />
        <tbody className="pf-v6-c-table__tbody" role="rowgroup">
          <Spacer rows={from} />
          {rows.slice(from, to).map((row, place) => (
            <GridRow
              key={row.key}
              row={row}
              index={from + place}
              servers={servers}
              columns={columns}
              activeColumn={active.row === from + place ? active.column : undefined}
              handlers={handlers}
            />
          ))}
          <Spacer rows={rows.length - to} />
        </tbody>
      </table>
      {menu && <ActionMenu menu={menu} onClose={() => setMenu(undefined)} />}
      {details && (
        <InstanceDetails
          details={details}
          onClose={() => setDetails(undefined)}
          onMenu={(event, target, name) => onMenu(event, target, name)}
        />
      )}
    </div>
  );
}

/** Stands for rows that are out of sight. */
function Spacer({ rows }: { readonly rows: number }) {
  return rows > 0 ? <tr role="presentation" aria-hidden style={{ height: rows * rowPx }} /> : null;
}

/** Where the mouse is; opened by a key, below what has the focus. */
function placeOf(event: MouseEvent<HTMLElement>): OpenMenu['at'] {
  const byPointer = event.clientX !== 0 || event.clientY !== 0;
  if (byPointer && event.type === 'contextmenu') return { x: event.clientX, y: event.clientY };
  const { left, bottom } = openerOf(event).getBoundingClientRect();
  return { x: left, y: bottom };
}

function openerOf({ currentTarget }: MouseEvent<HTMLElement>): HTMLElement {
  return currentTarget.querySelector<HTMLElement>('[data-place]') ?? currentTarget;
}
