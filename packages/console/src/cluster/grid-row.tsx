import { Button } from '@patternfly/react-core';
import { AngleDownIcon } from '@patternfly/react-icons/dist/esm/icons/angle-down-icon';
import { AngleRightIcon } from '@patternfly/react-icons/dist/esm/icons/angle-right-icon';
import { EllipsisVIcon } from '@patternfly/react-icons/dist/esm/icons/ellipsis-v-icon';
import { memo, type MouseEvent } from 'react';
import { useText } from '../i18n/text.ts';
import { HierarchySummary, InstanceState } from '../words/states.tsx';
import type { MenuTarget } from './actions.ts';
import type { TreeRow } from './tree.ts';
import type { GridPlace } from './use-grid-keys.ts';
import type { GridWindow } from './use-window.ts';

/** What the places of the grid call; each stays the same function, so that rows are not drawn for nothing. */
export interface GridHandlers {
  readonly onToggle: (key: string) => void;
  readonly onMenu: (event: MouseEvent<HTMLElement>, target: MenuTarget, name: string) => void;
  readonly onDetails: (opener: HTMLElement, row: TreeRow, server: string) => void;
  readonly onFocus: (place: GridPlace) => void;
}

interface GridRowProps {
  readonly row: TreeRow;
  readonly index: number;
  readonly servers: readonly string[];
  readonly columns: GridWindow['columns'];
  /** The column that Tab comes to, if it is in this row. */
  readonly activeColumn: number | undefined;
  readonly handlers: GridHandlers;
}

/** One resource: its place in the tree, and one cell for each server. */
export const GridRow = memo(function GridRow(props: GridRowProps) {
  const { row, index, servers, columns, activeColumn, handlers } = props;
  return (
    <tr
      className="pf-v6-c-table__tr hf-row"
      role="row"
      aria-level={row.level}
      aria-rowindex={index + 2}
      {...(row.hasChildren && { 'aria-expanded': row.isExpanded })}
    >
      <TreeCell row={row} index={index} isActive={activeColumn === 0} handlers={handlers} />
      <ColumnSpacer columns={columns.from} />
      {servers.slice(columns.from, columns.to).map((server, place) => (
        <InstanceCell
          key={server}
          row={row}
          server={server}
          place={{ row: index, column: columns.from + place + 1 }}
          isActive={activeColumn === columns.from + place + 1}
          handlers={handlers}
        />
      ))}
      <ColumnSpacer columns={servers.length - columns.to} />
    </tr>
  );
}, isSameRow);

/** The answers of the API keep the parts that did not change: looking at those is enough. */
function isSameRow(one: GridRowProps, other: GridRowProps): boolean {
  return (
    one.row.hierarchy === other.row.hierarchy &&
    one.row.resource === other.row.resource &&
    one.row.isExpanded === other.row.isExpanded &&
    one.row.level === other.row.level &&
    one.row.key === other.row.key &&
    one.index === other.index &&
    one.servers === other.servers &&
    one.columns.from === other.columns.from &&
    one.columns.to === other.columns.to &&
    one.activeColumn === other.activeColumn &&
    one.handlers === other.handlers
  );
}

/** As the style sheet has it. */
export const columnPx = 176;

/** Stands for columns that are out of sight. */
export function ColumnSpacer({ columns }: { readonly columns: number }) {
  return columns > 0 ? (
    <td role="presentation" aria-hidden style={{ minWidth: columns * columnPx, padding: 0 }} />
  ) : null;
}

function TreeCell(props: {
  readonly row: TreeRow;
  readonly index: number;
  readonly isActive: boolean;
  readonly handlers: GridHandlers;
}) {
  const say = useText();
  const { row, index, isActive, handlers } = props;
  const { hierarchy, resource, level, hasChildren, isExpanded } = row;
  const { tag } = resource;
  const target: MenuTarget = { kind: 'resource', hierarchy: hierarchy.id, tag };
  return (
    <th
      scope="row"
      role="rowheader"
      aria-colindex={1}
      className="pf-v6-c-table__th hf-tree-cell"
      onContextMenu={(event) => handlers.onMenu(event, target, tag)}
    >
      <div className="hf-tree" style={{ paddingInlineStart: `${String((level - 1) * 1.25)}rem` }}>
        {hasChildren ? (
          <Button
            variant="plain"
            size="sm"
            tabIndex={-1}
            aria-label={say(isExpanded ? 'cluster.collapse' : 'cluster.expand', { tag })}
            icon={isExpanded ? <AngleDownIcon /> : <AngleRightIcon />}
            onClick={() => handlers.onToggle(row.key)}
          />
        ) : (
          <span className="hf-no-toggle" />
        )}
        <button
          type="button"
          className="hf-cell hf-tag"
          tabIndex={isActive ? 0 : -1}
          data-place={`${String(index)}:0`}
          onFocus={() => handlers.onFocus({ row: index, column: 0 })}
          onClick={(event) =>
            hasChildren ? handlers.onToggle(row.key) : handlers.onMenu(event, target, tag)
          }
        >
          <span className="hf-tag-name">{tag}</span> <span className="hf-subtle">{resource.kit}</span>
        </button>
        {level === 1 && (
          <span className="hf-summary">
            <HierarchySummary summary={hierarchy.summary} />
            {hierarchy.operation !== null && (
              <span className="hf-subtle">
                {' '}
                {hierarchy.target === null
                  ? say('cluster.working')
                  : say('cluster.movingTo', { server: hierarchy.target })}
              </span>
            )}
          </span>
        )}
        <Button
          variant="plain"
          size="sm"
          className="hf-kebab"
          tabIndex={isActive ? 0 : -1}
          aria-label={say('cluster.actionsOf', { name: tag })}
          aria-haspopup="menu"
          icon={<EllipsisVIcon />}
          onClick={(event) => handlers.onMenu(event, target, tag)}
        />
      </div>
    </th>
  );
}

function InstanceCell(props: {
  readonly row: TreeRow;
  readonly server: string;
  readonly place: GridPlace;
  readonly isActive: boolean;
  readonly handlers: GridHandlers;
}) {
  const say = useText();
  const { row, server, place, isActive, handlers } = props;
  const { hierarchy, resource } = row;
  const { tag } = resource;
  const instance = resource.instances[server];
  const priority = hierarchy.priorities[server] ?? 0;
  const name = instance
    ? say('cluster.cell', { tag, server, priority, state: say(`instance.${instance.state}`) })
    : say('cluster.notExtendedCell', { tag, server });
  const target: MenuTarget = { kind: 'instance', hierarchy: hierarchy.id, tag, server };
  return (
    <td
      role="gridcell"
      aria-colindex={place.column + 1}
      className="pf-v6-c-table__td hf-instance"
      onContextMenu={(event) => handlers.onMenu(event, target, `${tag}, ${server}`)}
    >
      <button
        type="button"
        className="hf-cell"
        aria-label={name}
        tabIndex={isActive ? 0 : -1}
        data-place={`${String(place.row)}:${String(place.column)}`}
        data-state={instance?.state ?? 'none'}
        onFocus={() => handlers.onFocus(place)}
        onClick={(event) =>
          instance
            ? handlers.onDetails(event.currentTarget, row, server)
            : handlers.onMenu(event, target, `${tag}, ${server}`)
        }
      >
        {instance ? <InstanceState state={instance.state} /> : '–'}{' '}
        {instance && <span className="hf-priority">{priority}</span>}
      </button>
      <button
        type="button"
        className="hf-cell hf-kebab"
        tabIndex={isActive ? 0 : -1}
        aria-label={say('cluster.actionsOf', { name: `${tag}, ${server}` })}
        aria-haspopup="menu"
        onClick={(event) => handlers.onMenu(event, target, `${tag}, ${server}`)}
      >
        ⋮
      </button>
    </td>
  );
}
