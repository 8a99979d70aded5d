/**
 * Lists the members of a union: `allOf<'a' | 'b'>()(['a', 'b'])`. A list that lacks a member does not
 * compile.
 */
export const allOf =
  <Union extends string>() =>
  <const List extends readonly Union[]>(
    list: List & ([Union] extends [List[number]] ? unknown : { missing: Exclude<Union, List[number]> }),
  ): readonly Union[] =>
    list;
