// Closing a case can't be taken back on the server (M13: afterwards only the archive shows it), so it waits on the desktop
// for as long as the notice offers *undo*, and is sent at once when the page is left.

export interface Closing {
  /** Marks the case as closed here and sends it after the notice. */
  close(id: string): void;
  undo(id: string): void;
  /** Sends now what waits for this case. */
  send(id: string): void;
  /** Sends all that waits, as when the page goes away. */
  sendAll(): void;
  isClosing(id: string): boolean;
}

export function closing(send: (id: string) => void): Closing {
  const waiting = new Set<string>();
  const self: Closing = {
    close: (id) => void waiting.add(id),
    undo: (id) => void waiting.delete(id),
    send: (id) => {
      if (waiting.delete(id)) send(id);
    },
    sendAll: () => [...waiting].forEach(self.send),
    isClosing: (id) => waiting.has(id),
  };
  return self;
}
