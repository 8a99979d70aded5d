// Type tests: `tsc` in the check compiles them, and nothing runs them.
import type Anthropic from '@anthropic-ai/sdk';
import { expectTypeOf } from 'vitest';
import { z } from 'zod';
import type { JobHandle, ParseError, StandardSchema } from '../../src/client';

declare const job: JobHandle;
declare const own: StandardSchema<'yes' | 'no'>;

export async function read() {
  for await (const row of job.results()) {
    if (row.status === 'succeeded') expectTypeOf(row.message).toEqualTypeOf<Anthropic.Message>();
    // @ts-expect-error: only with a schema
    row.parsed_output;
  }

  for await (const row of job.results({ schema: z.object({ score: z.number() }), failed: false })) {
    expectTypeOf(row.parsed_output).toEqualTypeOf<{ score: number } | undefined>();
    if (row.parsed_output) {
      expectTypeOf(row.status).toEqualTypeOf<'succeeded'>();
      expectTypeOf(row.parsed_output.score).toEqualTypeOf<number>();
      // @ts-expect-error: not in the schema
      row.parsed_output.other;
    } else if (row.parse_error) {
      expectTypeOf(row.parse_error).toEqualTypeOf<ParseError>();
      expectTypeOf(row.message).toEqualTypeOf<Anthropic.Message>();
    } else {
      expectTypeOf(row.error.message).toEqualTypeOf<string>();
    }
  }

  // What a schema makes of the answer counts, not what it reads.
  for await (const row of job.results({ schema: z.string().transform((text) => new Date(text)) })) {
    expectTypeOf(row.parsed_output).toEqualTypeOf<Date | undefined>();
  }

  for await (const row of job.results({ schema: own })) {
    expectTypeOf(row.parsed_output).toEqualTypeOf<'yes' | 'no' | undefined>();
  }

  // @ts-expect-error: a JSON Schema is no Standard Schema
  job.results({ schema: { type: 'object' } });
}
