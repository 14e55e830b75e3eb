import { describeEvent, type EventBody } from '@holdfast/contract';
import type { LabCluster } from './cluster.ts';
import { instantMs } from './deadline.ts';
import type { ClientNotice } from './writing-client.ts';

/** Tells on the terminal what happens, as it happens. */
export interface Story {
  /** A line of the demo itself. */
  tell(line: string): void;
  client(notice: ClientNotice): void;
  /** Begins to tell the events of a cluster. */
  follow(cluster: LabCluster): void;
  stop(): void;
}

/** Said for every operation and every hierarchy, and of no interest in a story. */
const passedOver = new Set(['progress', 'path-dead', 'path-alive', 'operation-ended', 'lease-good']);

export function createStory(write: (text: string) => void): Story {
  const startedMs = instantMs();
  const told = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let asking = false;
  const line = (who: string, text: string, atMs = instantMs()): void => {
    write(`${((atMs - startedMs) / 1000).toFixed(2).padStart(7)} s  ${who.padEnd(8)}  ${text}\n`);
  };

  const tellEvents = (events: readonly EventBody[], silently: boolean): void => {
    const inOrder = events.toSorted((one, other) => (one.instant ?? 0) - (other.instant ?? 0));
    for (const event of inOrder) {
      if (told.has(event.id)) continue;
      told.add(event.id);
      if (silently || passedOver.has(event.code)) continue;
      line(event.server, describeEvent(event, 'en'), event.instant);
    }
  };
  const look = async (cluster: LabCluster, silently: boolean): Promise<void> => {
    if (asking) return;
    asking = true;
    try {
      tellEvents(await cluster.events(), silently);
    } catch {
      // No server answers at this moment; the next look tells what was missed.
    } finally {
      asking = false;
    }
  };

  return {
    tell: (text) => {
      line('demo', text);
    },
    client: (notice) => {
      if (notice.kind === 'outage-began') line('client', 'no write is acknowledged any more', notice.fromMs);
      else {
        const lengthMs = notice.untilMs - notice.fromMs;
        line('client', `writes again, after ${(lengthMs / 1000).toFixed(2)} s`, notice.untilMs);
      }
    },
    follow: (cluster) => {
      void look(cluster, true);
      timer = setInterval(() => void look(cluster, false), 150);
    },
    stop: () => {
      clearInterval(timer);
    },
  };
}
