import '@xyflow/react/dist/style.css';
import {
  BaseEdge,
  EdgeLabelRenderer,
  Handle,
  Position,
  ReactFlow,
  getStraightPath,
  type Edge,
  type EdgeProps,
  type Node,
  type NodeProps,
} from '@xyflow/react';
import type { ServerBody } from '@holdfast/contract';
import { useMemo } from 'react';
import { useText } from '../i18n/text.ts';
import { usePreferences } from '../shell/preferences.ts';
import { useFormats } from '../words/formats.ts';
import { ServerState } from '../words/states.tsx';
import { addressesOf, serversOf, type Link } from './links.ts';

type ServerNode = Node<{ readonly server: ServerBody; readonly role: string }, 'server'>;
type PathEdge = Edge<
  {
    readonly link: Link;
    /** Its place among the paths of the same two servers: from 0 to `of` - 1. */
    readonly place: number;
    readonly of: number;
    readonly words: readonly string[];
  },
  'path'
>;

const nodeTypes = { server: ServerBox };
const edgeTypes = { path: PathLine };
/** With more paths than these their words would cover each other. */
const labelledLinks = 30;

/** The servers in a ring and the paths between them. The tables beneath say the same in words. */
export function ServersPicture(props: {
  readonly servers: readonly ServerBody[];
  readonly links: readonly Link[];
}) {
  const say = useText();
  const { theme } = usePreferences();
  const { milliseconds } = useFormats();
  const { servers, links } = props;
  const nodes = useMemo(
    () =>
      servers.map((server, index): ServerNode => {
        const radius = Math.max(170, servers.length * 32);
        const angle = (index / servers.length) * 2 * Math.PI - Math.PI / 2;
        return {
          id: server.name,
          type: 'server',
          position: { x: Math.cos(angle) * radius * 1.7, y: Math.sin(angle) * radius },
          data: { server, role: say(`serverRole.${server.role}`) },
          ariaLabel: server.name,
        };
      }),
    [servers, say],
  );
  const edges = useMemo(
    () =>
      links.map((link): PathEdge => {
        const beside = links.filter((one) => serversOf(one) === serversOf(link));
        const trip = link.roundTripMs === null ? '' : ` · ${milliseconds(link.roundTripMs)}`;
        const state = `${say(`path.${link.state}`)}${trip}`;
        return {
          id: link.id,
          type: 'path',
          source: link.ends[0].server,
          target: link.ends[1].server,
          ariaLabel: `${serversOf(link)} (${addressesOf(link)}): ${state}`,
          data: {
            link,
            place: beside.indexOf(link),
            of: beside.length,
            words: links.length > labelledLinks ? [] : [addressesOf(link), state],
          },
        };
      }),
    [links, say, milliseconds],
  );
  return (
    <div className="hf-picture">
      <ReactFlow
        aria-label={say('servers.picture')}
        key={servers.length}
        nodes={nodes}
        edges={edges}
        nodeTypes={nodeTypes}
        edgeTypes={edgeTypes}
        colorMode={theme}
        fitView
        minZoom={0.1}
        nodesDraggable={false}
        nodesConnectable={false}
        nodesFocusable={false}
        edgesFocusable={false}
        elementsSelectable={false}
        preventScrolling={false}
        zoomOnScroll={false}
        proOptions={{ hideAttribution: true }}
      />
    </div>
  );
}

function ServerBox({ data: { server, role } }: NodeProps<ServerNode>) {
  return (
    <div className="hf-server-box" data-state={server.state}>
      <Handle type="source" position={Position.Top} className="hf-handle" />
      <Handle type="target" position={Position.Top} className="hf-handle" />
      <strong>{server.name}</strong> <span className="hf-subtle">{role}</span>
      <div>
        <ServerState state={server.state} />
      </div>
    </div>
  );
}

/** From the top of a server's box to its middle, and between two paths beside each other. */
const middlePx = 30;
const besidePx = 14;

/** A straight line from middle to middle; several between the same two servers lie beside each other. */
function PathLine({ id, sourceX, sourceY, targetX, targetY, data }: EdgeProps<PathEdge>) {
  const { link, place = 0, of = 1, words = [] } = data ?? {};
  const across = { x: targetY - sourceY, y: sourceX - targetX };
  const shift = ((place - (of - 1) / 2) * besidePx) / Math.max(1, Math.hypot(across.x, across.y));
  const from = { x: sourceX + across.x * shift, y: sourceY + middlePx + across.y * shift };
  const to = { x: targetX + across.x * shift, y: targetY + middlePx + across.y * shift };
  const [path] = getStraightPath({ sourceX: from.x, sourceY: from.y, targetX: to.x, targetY: to.y });
  // The words of paths beside each other stand at different places of their lines.
  const part = (place + 1) / (of + 1);
  const label = { x: from.x + (to.x - from.x) * part, y: from.y + (to.y - from.y) * part };
  const state = link?.state ?? 'unknown';
  return (
    <>
      <BaseEdge id={id} path={path} className={`hf-path hf-path-${state}`} />
      {words.length > 0 && (
        <EdgeLabelRenderer>
          <div
            className="hf-path-label"
            data-state={state}
            style={{
              transform: `translate(-50%, -50%) translate(${String(label.x)}px, ${String(label.y)}px)`,
            }}
          >
            {words.map((line) => (
              <div key={line}>{line}</div>
            ))}
          </div>
        </EdgeLabelRenderer>
      )}
    </>
  );
}
