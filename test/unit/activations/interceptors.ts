import {
  OpenTelemetryInboundInterceptor,
  OpenTelemetryInternalsInterceptor,
  OpenTelemetryOutboundInterceptor,
} from '@temporalio/interceptors-opentelemetry/lib/workflow';
import { type WorkflowInterceptors, workflowInfo } from '@temporalio/workflow';
import { oneEventAtATime, interceptors as ours } from '../../../workflows/common/interceptors';

/**
 * Interceptors that a test can choose. The product's own apply only to its workflows; `turns` does the same.
 */
const all: Record<string, () => WorkflowInterceptors> = {
  ours,
  turns: oneEventAtATime,
  otel: () => ({
    inbound: [new OpenTelemetryInboundInterceptor()],
    outbound: [new OpenTelemetryOutboundInterceptor()],
    internals: [new OpenTelemetryInternalsInterceptor()],
  }),
};

/** The interceptors of the test, in its order. The test passes their names in the task queue's name. */
export function interceptors(): WorkflowInterceptors {
  const names = workflowInfo().taskQueue.split(' ');
  const chosen = names.filter((name) => name !== 'none').map((name) => all[name]!());
  return {
    inbound: chosen.flatMap(({ inbound = [] }) => inbound),
    outbound: chosen.flatMap(({ outbound = [] }) => outbound),
    internals: chosen.flatMap(({ internals = [] }) => internals),
  };
}
