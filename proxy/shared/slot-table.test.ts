import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SlotTable } from './slot-table.ts';

const always = () => true;

describe('SlotTable', () => {
  it('keeps the row of a name over assignments', () => {
    const table = new SlotTable('server', 4);
    const first = table.assign(['a', 'b', 'c']);
    const second = table.assign(['c', 'd', 'a']);
    expect(second.a).toBe(first.a);
    expect(second.c).toBe(first.c);
    expect(Object.values(first)).not.toContain(second.d);
  });

  it('gives a vanished row away only after reclaim, and only when it is idle', () => {
    const table = new SlotTable('server', 2);
    const { a } = table.assign(['a', 'b']);
    table.assign(['b']);
    expect(() => table.assign(['b', 'c'])).toThrow('1 new servers, room for 0 of 2');
    table.reclaim((slot) => slot !== a);
    expect(() => table.assign(['b', 'c'])).toThrow(RangeError);
    table.reclaim(always);
    expect(table.assign(['b', 'c']).c).toBe(a);
  });

  it('gives a name that comes back before reclaim its row again', () => {
    const table = new SlotTable('server', 2);
    const { a } = table.assign(['a']);
    table.assign([]);
    expect(table.assign(['a']).a).toBe(a);
    table.reclaim(always);
    expect(table.slotOf('a')).toBe(a);
  });

  it('refuses a name that comes twice and changes nothing', () => {
    const table = new SlotTable('listener', 8);
    table.assign(['a']);
    expect(() => table.assign(['b', 'c', 'b'])).toThrow('listener b is there twice');
    expect([...table.entries()]).toEqual([['a', 0]]);
  });

  it('never has two names on one row nor a row out of range', () => {
    const step = fc.record({
      names: fc.uniqueArray(fc.constantFrom(...'abcdefgh'), { maxLength: 4 }),
      busy: fc.array(fc.nat(3)),
      reclaim: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const table = new SlotTable('server', 4);
        for (const { names, busy, reclaim } of steps) {
          const before = new Map(table.entries());
          try {
            const slots = table.assign(names);
            for (const name of names) expect(slots[name]).toBe(table.slotOf(name));
          } catch (error) {
            expect(error).toBeInstanceOf(RangeError);
            expect(new Map(table.entries())).toEqual(before);
          }
          const rows = [...table.entries()].map(([, slot]) => slot);
          expect(new Set(rows).size).toBe(rows.length);
          for (const row of rows) expect(row).toBeLessThan(4);
          for (const [name, slot] of before) expect(table.slotOf(name)).toBe(slot);
          if (reclaim) table.reclaim((slot) => !busy.includes(slot));
        }
      }),
    );
  });
});
