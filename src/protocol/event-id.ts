/** The id of an event: which daemon told it, and its number. `""` is nobody's, for who has seen none. */

export interface EventId {
  /** Tells the numbers of one daemon from those of another. */
  readonly instance: string;
  readonly number: number;
}

const EVENT_ID = /^([0-9a-f]{1,32})-(\d{1,15})$/;

/** Undefined for what no daemon has ever told. */
export function parseEventId(text: string): EventId | undefined {
  const [, instance, number] = EVENT_ID.exec(text) ?? [];
  return instance === undefined ? undefined : { instance, number: Number(number) };
}

export function formatEventId({ instance, number }: EventId): string {
  return `${instance}-${number}`;
}
