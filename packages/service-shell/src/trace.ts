import { context, propagation, type TextMapGetter, type TextMapSetter, trace } from '@opentelemetry/api';

/** Something that carries trace headers: NATS headers, HTTP headers. */
export interface HeaderCarrier {
  get(key: string): string;
  set(key: string, value: string): void;
  keys(): string[];
}

const setter: TextMapSetter<HeaderCarrier> = { set: (carrier, key, value) => carrier.set(key, value) };
const getter: TextMapGetter<HeaderCarrier> = {
  get: (carrier, key) => carrier.get(key) || undefined,
  keys: (carrier) => carrier.keys(),
};

/** Writes the current trace context into headers. Without an SDK that registered a propagator it writes nothing. */
export function injectTrace(carrier: HeaderCarrier): void {
  propagation.inject(context.active(), carrier, setter);
}

/** Runs `work` in a span that continues the trace in the headers. */
export async function withTrace<T>(
  name: string,
  carrier: HeaderCarrier | undefined,
  work: () => Promise<T>,
): Promise<T> {
  const parent = carrier ? propagation.extract(context.active(), carrier, getter) : context.active();
  return context.with(parent, () =>
    trace.getTracer('everynode').startActiveSpan(name, async (span) => {
      try {
        return await work();
      } catch (error) {
        span.recordException(error as Error);
        throw error;
      } finally {
        span.end();
      }
    }),
  );
}
