import type { ReportAnswer } from '@holdfast/contract';
import { useText } from '../i18n/text.ts';
import { useFormats } from '../words/formats.ts';
import { layOutTimeline } from './timeline.ts';
import './reports.css';

const widthPx = 820;
const namePx = 150;
const laneHeightPx = 34;
const scalePx = 24;

/** The time from the last good sign to the first query answered, by what it was spent on. The table says the same in words. */
export function TimelineDrawing({ report }: { readonly report: ReportAnswer }) {
  const say = useText();
  const { milliseconds } = useFormats();
  const { endMs, lanes, ticks } = layOutTimeline(report);
  const place = (atMs: number): number => namePx + (atMs / endMs) * (widthPx - namePx - 40);
  const heightPx = lanes.length * laneHeightPx + scalePx;
  const words = lanes.map(({ phase, totalMs }) => `${say(`phase.${phase}`)} ${milliseconds(totalMs)}`);
  return (
    <div className="hf-timeline" tabIndex={0} role="region" aria-label={say('reports.drawing')}>
      <svg
        viewBox={`0 0 ${String(widthPx)} ${String(heightPx)}`}
        role="img"
        aria-label={say('reports.drawingWords', { phases: words.join(', ') })}
      >
        {ticks.map((tick) => (
          <g key={tick}>
            <line className="hf-tick" x1={place(tick)} x2={place(tick)} y1={0} y2={heightPx - scalePx} />
            <text x={place(tick)} y={heightPx - 6} textAnchor="middle">
              {milliseconds(tick)}
            </text>
          </g>
        ))}
        {lanes.map(({ phase, totalMs, segments }, index) => (
          <g key={phase} transform={`translate(0 ${String(index * laneHeightPx)})`}>
            <text x={0} y={15}>
              {say(`phase.${phase}`)}
            </text>
            <text x={0} y={29} className="hf-amount">
              {milliseconds(totalMs)}
            </text>
            {segments.map(({ fromMs, toMs }) => (
              <rect
                key={fromMs}
                className={`hf-phase hf-phase-${phase}`}
                x={place(fromMs)}
                width={Math.max(2, place(toMs) - place(fromMs))}
                y={5}
                height={laneHeightPx - 12}
                rx={3}
              >
                <title>{`${milliseconds(fromMs)} – ${milliseconds(toMs)}`}</title>
              </rect>
            ))}
          </g>
        ))}
      </svg>
    </div>
  );
}
