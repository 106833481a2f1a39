import { describe, expect, it } from "vitest";
import { phoneOwner, type Ownership } from "./owner.ts";

/** A lock of one origin, as Web Locks behave: first come, first served. */
function lockManager() {
  const queue: (() => Promise<void>)[] = [];
  let held = false;
  const next = async () => {
    const turn = queue.shift();
    if (!turn || held) return turn && void queue.unshift(turn);
    held = true;
    await turn();
    held = false;
    void next();
  };
  return {
    request: async (_: string, how: LockOptions, use: (lock: unknown) => Promise<void> | undefined) => {
      if (how.ifAvailable && held) return use(null);
      queue.push(async () => void (await use({})));
      void next();
    },
  };
}

function browser() {
  const locks = lockManager();
  const tabs: { onmessage: ((e: MessageEvent) => void) | null }[] = [];
  return (busy = () => false) => {
    const states: Ownership[] = [];
    const channel = {
      onmessage: null as ((e: MessageEvent) => void) | null,
      postMessage: (data: unknown) => tabs.filter((t) => t !== channel).forEach((t) => t.onmessage?.({ data } as MessageEvent)),
      close: () => void tabs.splice(tabs.indexOf(channel), 1),
    };
    tabs.push(channel);
    const owner = phoneOwner({ busy, locks: locks as never, channel, onChange: (s) => states.push(s) });
    return { owner, states, now: () => states.at(-1) };
  };
}

const settle = () => new Promise((resolve) => setTimeout(resolve, 0));

describe("the phone's tab", () => {
  it("is the first; the second takes over when asked", async () => {
    const open = browser();
    const first = open();
    const second = open();
    await settle();
    expect([first.now(), second.now()]).toEqual(["owner", "other_tab"]);
    second.owner.takeOver();
    await settle();
    expect([first.now(), second.now()]).toEqual(["other_tab", "owner"]);
  });

  it("is never taken out of a conversation", async () => {
    const open = browser();
    const first = open(() => true);
    const second = open();
    await settle();
    second.owner.takeOver();
    await settle();
    expect([first.now(), second.now()]).toEqual(["owner", "other_tab_busy"]);
  });

  it("passes on when the owner closes", async () => {
    const open = browser();
    const first = open();
    const second = open();
    await settle();
    first.owner.stop();
    await settle();
    expect(second.now()).toBe("owner");
  });

  it("is this one where no lock exists", () => {
    const states: Ownership[] = [];
    phoneOwner({ busy: () => false, onChange: (s) => states.push(s) });
    expect(states).toEqual(["owner"]);
  });
});
