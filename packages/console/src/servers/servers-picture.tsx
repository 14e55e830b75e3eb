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
import type { Link } from './links.ts';

type ServerNode = Node<{ readonly server: ServerBody; readonly role: string }, 'server'>;
type PathEdge = Edge<{ readonly link: Link; readonly shift: number; readonly words: string }, 'path'>;

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
        const beside = links.filter(({ ends }) => ends.join() === link.ends.join());
        const trip = link.roundTripMs === null ? '' : ` · ${milliseconds(link.roundTripMs)}`;
        return {
          id: `${link.id} ${link.ends.join(' ')}`,
          type: 'path',
          source: link.ends[0],
          target: link.ends[1],
          ariaLabel: `${link.ends.join(' – ')}: ${say(`path.${link.state}`)}${trip}`,
          data: {
            link,
            shift: (beside.indexOf(link) - (beside.length - 1) / 2) * 14,
            words: links.length > labelledLinks ? '' : `${say(`path.${link.state}`)}${trip}`,
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

/** A straight line from middle to middle; several between the same two servers lie beside each other. */
function PathLine({ id, sourceX, sourceY, targetX, targetY, data }: EdgeProps<PathEdge>) {
  const { link, shift = 0, words = '' } = data ?? {};
  const middle = 30;
  const [path, labelX, labelY] = getStraightPath({
    sourceX: sourceX + shift,
    sourceY: sourceY + middle + shift,
    targetX: targetX + shift,
    targetY: targetY + middle + shift,
  });
  const state = link?.state ?? 'unknown';
  return (
    <>
      <BaseEdge id={id} path={path} className={`hf-path hf-path-${state}`} />
      {words !== '' && (
        <EdgeLabelRenderer>
          <div
            className="hf-path-label"
            data-state={state}
            style={{
              transform: `translate(-50%, -50%) translate(${String(labelX)}px, ${String(labelY)}px)`,
            }}
          >
            {words}
          </div>
        </EdgeLabelRenderer>
      )}
    </>
  );
}
