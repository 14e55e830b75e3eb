import { Button, Label } from '@patternfly/react-core';
import { EllipsisVIcon } from '@patternfly/react-icons/dist/esm/icons/ellipsis-v-icon';
import type { ServerBody } from '@holdfast/contract';
import { memo } from 'react';
import { useText } from '../i18n/text.ts';
import { ServerState } from '../words/states.tsx';
import type { MenuTarget } from './actions.ts';
import { ColumnSpacer, type GridHandlers } from './grid-row.tsx';

/** The servers with their states, over their columns. */
export const GridHead = memo(function GridHead(props: {
  readonly servers: readonly ServerBody[];
  readonly from: number;
  readonly to: number;
  readonly activeColumn: number | undefined;
  readonly handlers: GridHandlers;
}) {
  const say = useText();
  const { servers, from, to, activeColumn, handlers } = props;
  return (
    <thead className="pf-v6-c-table__thead" role="rowgroup">
      <tr className="pf-v6-c-table__tr" role="row" aria-rowindex={1}>
        <th scope="col" role="columnheader" className="pf-v6-c-table__th hf-tree-cell">
          {say('cluster.hierarchies')}
        </th>
        <ColumnSpacer columns={from} />
        {servers.slice(from, to).map((server, place) => {
          const index = from + place;
          const { name, role, state } = server;
          const target: MenuTarget = { kind: 'server', server: name };
          return (
            <th
              key={name}
              scope="col"
              role="columnheader"
              aria-colindex={index + 2}
              className="pf-v6-c-table__th hf-instance"
              onContextMenu={(event) => handlers.onMenu(event, target, name)}
            >
              <div className="hf-server-head">
                <div className="hf-server-name">
                  <div>{name}</div>
                  <ServerState state={state} />
                </div>
                {role === 'witness' && <Label isCompact>{say('serverRole.witness')}</Label>}
                <Button
                  variant="plain"
                  size="sm"
                  tabIndex={activeColumn === index + 1 ? 0 : -1}
                  data-place={`-1:${String(index + 1)}`}
                  aria-label={say('cluster.actionsOf', { name })}
                  aria-haspopup="menu"
                  icon={<EllipsisVIcon />}
                  onFocus={() => handlers.onFocus({ row: -1, column: index + 1 })}
                  onClick={(event) => handlers.onMenu(event, target, name)}
                />
              </div>
            </th>
          );
        })}
        <ColumnSpacer columns={servers.length - to} />
      </tr>
    </thead>
  );
});
