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

describe('a SlotTable with holders', () => {
  it('keeps the row of a name until the last holder lets go', () => {
    const table = new SlotTable('server', 2);
    const { a } = table.hold(1, ['a']);
    table.hold(2, ['a', 'b']);
    table.letGo(1);
    table.reclaim(always);
    expect(table.slotOf('a')).toBe(a);
    expect(table.vanished).toBe(0);
    table.letGo(2);
    expect(table.vanished).toBe(2);
    table.reclaim(always);
    expect([...table.entries()]).toEqual([]);
  });

  it('keeps for a holder what was wanted when it asked for that', () => {
    const table = new SlotTable('server', 3);
    const { a } = table.assign(['a', 'b']);
    table.keep(1);
    table.assign(['b']);
    table.reclaim(always);
    expect(table.slotOf('a')).toBe(a);
    table.letGo(1);
    table.reclaim(always);
    expect(table.slotOf('a')).toBeUndefined();
    expect(table.slotOf('b')).toBeDefined();
  });

  it('refuses what there is no room for and leaves the holder what it had', () => {
    const table = new SlotTable('server', 2);
    table.hold(1, ['a']);
    expect(() => table.hold(1, ['b', 'c'])).toThrow('2 new servers, room for 1 of 2');
    table.reclaim(always);
    expect([...table.entries()].map(([name]) => name)).toEqual(['a']);
  });

  it('has a row for all that is wanted or held, and for nothing else after a reclaim', () => {
    const names = fc.uniqueArray(fc.constantFrom(...'abcdefgh'), { maxLength: 4 });
    const step = fc.oneof(
      fc.record({ does: fc.constant('assign' as const), names }),
      fc.record({ does: fc.constant('hold' as const), names, holder: fc.nat(3) }),
      fc.record({ does: fc.constant('letGo' as const), holder: fc.nat(3) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const table = new SlotTable('server', 8);
        let wanted: readonly string[] = [];
        const held = new Map<number, readonly string[]>();
        for (const one of steps) {
          if (one.does === 'assign') {
            wanted = one.names;
            table.assign(wanted);
          } else if (one.does === 'hold') {
            held.set(one.holder, one.names);
            table.hold(one.holder, one.names);
          } else {
            held.delete(one.holder);
            table.letGo(one.holder);
          }
          table.reclaim(always);
          const used = new Set([...wanted, ...[...held.values()].flat()]);
          expect(new Set([...table.entries()].map(([name]) => name))).toEqual(used);
        }
      }),
    );
  });
});
