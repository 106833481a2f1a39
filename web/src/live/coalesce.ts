/**
 * Collects names and hands each on at most once in `wait` ms: the first at once, repeats together at the end of the wait.
 * A centre in a rush sends hundreds of events in a second, and a desktop must not ask as often.
 */
export function coalesce(wait: number, tell: (name: string) => void): (name: string) => void {
  const pending = new Set<string>();
  const resting = new Set<string>();
  const rest = (name: string) => {
    resting.add(name);
    setTimeout(() => {
      resting.delete(name);
      if (pending.delete(name)) fire(name);
    }, wait);
  };
  const fire = (name: string) => {
    rest(name);
    tell(name);
  };
  return (name) => (resting.has(name) ? void pending.add(name) : fire(name));
}
