import { expect, test } from 'vitest';
import { surplusOf } from '../../chaos/payments';

const batch = { call: false, inside: false };
const late = { call: false, inside: true };
const call = { call: true, inside: false };

test.each([
  ['nothing', [], { inside: 0, calls: 0, outside: 0 }],
  ['one batch', [batch], { inside: 0, calls: 0, outside: 0 }],
  ['one late batch', [late], { inside: 0, calls: 0, outside: 0 }],
  ['one call', [call], { inside: 0, calls: 0, outside: 0 }],
  ['a batch and a late one', [batch, late], { inside: 1, calls: 0, outside: 0 }],
  ['two batches', [batch, batch], { inside: 0, calls: 0, outside: 1 }],
  ['two batches and a late one', [batch, batch, late], { inside: 1, calls: 0, outside: 1 }],
  ['three calls', [call, call, call], { inside: 0, calls: 2, outside: 0 }],
  ['a call and a batch', [call, batch], { inside: 0, calls: 1, outside: 0 }],
  ['a call and two batches', [call, batch, batch], { inside: 0, calls: 1, outside: 1 }],
])('the surplus payments for %s are classified by cause', (_, payments, surplus) => {
  expect(surplusOf(payments)).toEqual(surplus);
});
