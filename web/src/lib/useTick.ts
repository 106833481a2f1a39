import { useEffect, useState } from "react";

/** Draws again each second while `on`. */
export function useTick(on = true): void {
  const [, set] = useState(0);
  useEffect(() => {
    if (!on) return;
    const timer = setInterval(() => set((n) => n + 1), 1000);
    return () => clearInterval(timer);
  }, [on]);
}
