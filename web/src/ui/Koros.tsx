/** The wave of Helsinki's shore; it closes the header. */
export function Koros() {
  return <div className="koros" aria-hidden="true" />;
}
