// Keys pressed quickly are sent together and in order: one request at a time, the rest waits (RFC 4733 events follow the
// order of arrival at the centre).

/** The most digits of one request, as the API takes them. */
export const mostDigits = 32;

export const keypad = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"] as const;

export function isKey(text: string): boolean {
  return /^[0-9*#]$/.test(text);
}

/** A queue of keys that `send` carries to the centre; a failed batch is dropped, as a late key would be wrong. */
export function keySender(send: (digits: string) => Promise<unknown>, onError: (error: unknown) => void) {
  let waiting = "";
  let busy = false;
  const drain = async () => {
    busy = true;
    while (waiting) {
      const digits = waiting.slice(0, mostDigits);
      waiting = waiting.slice(mostDigits);
      try {
        await send(digits);
      } catch (error) {
        waiting = "";
        onError(error);
      }
    }
    busy = false;
  };
  return (key: string) => {
    if (!isKey(key)) return;
    waiting += key;
    if (!busy) void drain();
  };
}
