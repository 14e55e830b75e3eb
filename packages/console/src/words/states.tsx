import { BanIcon } from '@patternfly/react-icons/dist/esm/icons/ban-icon';
import { CheckCircleIcon } from '@patternfly/react-icons/dist/esm/icons/check-circle-icon';
import { ExclamationCircleIcon } from '@patternfly/react-icons/dist/esm/icons/exclamation-circle-icon';
import { ExclamationTriangleIcon } from '@patternfly/react-icons/dist/esm/icons/exclamation-triangle-icon';
import { InProgressIcon } from '@patternfly/react-icons/dist/esm/icons/in-progress-icon';
import { PauseCircleIcon } from '@patternfly/react-icons/dist/esm/icons/pause-circle-icon';
import { QuestionCircleIcon } from '@patternfly/react-icons/dist/esm/icons/question-circle-icon';
import type {
  CertificateBody,
  HierarchySummaryName,
  InstanceStateName,
  ServerBody,
} from '@holdfast/contract';
import type { ComponentType } from 'react';
import { useText } from '../i18n/text.ts';

interface Look {
  readonly Shape: ComponentType<{ className?: string }>;
  readonly tone: 'good' | 'doubtful' | 'bad' | 'moving' | 'quiet';
}

const good: Look = { Shape: CheckCircleIcon, tone: 'good' };
const resting: Look = { Shape: PauseCircleIcon, tone: 'quiet' };
const moving: Look = { Shape: InProgressIcon, tone: 'moving' };
const doubtful: Look = { Shape: ExclamationTriangleIcon, tone: 'doubtful' };
const bad: Look = { Shape: ExclamationCircleIcon, tone: 'bad' };
const unknown: Look = { Shape: QuestionCircleIcon, tone: 'quiet' };
const off: Look = { Shape: BanIcon, tone: 'quiet' };

const instanceLooks: Readonly<Record<InstanceStateName, Look>> = {
  'in-service': good,
  standby: resting,
  starting: moving,
  stopping: moving,
  failed: bad,
  degraded: doubtful,
  unknown,
};

const summaryLooks: Readonly<Record<HierarchySummaryName, Look>> = {
  normal: good,
  warning: doubtful,
  failed: bad,
  unknown,
  'out-of-service': off,
};

const serverLooks: Readonly<Record<ServerBody['state'], Look>> = {
  alive: good,
  warning: doubtful,
  dead: bad,
  unknown,
};

const pathLooks: Readonly<Record<ServerBody['paths'][number]['state'], Look>> = {
  alive: good,
  dead: bad,
  unknown,
};

const certificateLooks: Readonly<Record<CertificateBody['state'], Look>> = {
  valid: good,
  'ends-soon': doubtful,
  expired: bad,
  revoked: off,
};

/** A state is never told by colour alone: shape and words go with it. */
function Shown({ look: { Shape, tone }, words }: { readonly look: Look; readonly words: string }) {
  return (
    <span className="hf-state">
      <Shape className={`hf-tone-${tone}`} /> {words}
    </span>
  );
}

export function InstanceState({ state }: { readonly state: InstanceStateName }) {
  const say = useText();
  return <Shown look={instanceLooks[state]} words={say(`instance.${state}`)} />;
}

export function HierarchySummary({ summary }: { readonly summary: HierarchySummaryName }) {
  const say = useText();
  return <Shown look={summaryLooks[summary]} words={say(`summary.${summary}`)} />;
}

export function ServerState({ state }: Pick<ServerBody, 'state'>) {
  const say = useText();
  return <Shown look={serverLooks[state]} words={say(`server.${state}`)} />;
}

export function PathState({ state }: Pick<ServerBody['paths'][number], 'state'>) {
  const say = useText();
  return <Shown look={pathLooks[state]} words={say(`path.${state}`)} />;
}

export function CertificateState({ state }: Pick<CertificateBody, 'state'>) {
  const say = useText();
  return <Shown look={certificateLooks[state]} words={say(`certificate.${state}`)} />;
}
