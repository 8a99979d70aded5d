import {
  OpenTelemetryInboundInterceptor,
  OpenTelemetryInternalsInterceptor,
  OpenTelemetryOutboundInterceptor,
} from '@temporalio/interceptors-opentelemetry/lib/workflow';
import { type WorkflowInterceptors, workflowInfo } from '@temporalio/workflow';
import { oneEventAtATime, interceptors as ours } from '../../../workflows/common/interceptors';

/** Those that a test can choose. The product's own are for its own workflows alone; `turns` is what they do. */
const all: Record<string, () => WorkflowInterceptors> = {
  ours,
  turns: oneEventAtATime,
  otel: () => ({
    inbound: [new OpenTelemetryInboundInterceptor()],
    outbound: [new OpenTelemetryOutboundInterceptor()],
    internals: [new OpenTelemetryInternalsInterceptor()],
  }),
};

/** Those that the test wants, in its order. It names them in the task queue, which no workflow of a test reads. */
export function interceptors(): WorkflowInterceptors {
  const names = workflowInfo().taskQueue.split(' ');
  const chosen = names.filter((name) => name !== 'none').map((name) => all[name]!());
  return {
    inbound: chosen.flatMap(({ inbound = [] }) => inbound),
    outbound: chosen.flatMap(({ outbound = [] }) => outbound),
    internals: chosen.flatMap(({ internals = [] }) => internals),
  };
}
