// Own line icons on a 24-unit grid. They decorate words and are hidden from screen readers.

const paths = {
  phone: "M6.5 3.5h3l1.6 4.2-2 1.6a12 12 0 0 0 5.6 5.6l1.6-2 4.2 1.6v3a2 2 0 0 1-2.2 2A17 17 0 0 1 4.5 5.7a2 2 0 0 1 2-2.2Z",
  end: "M3 14.5c5-5.3 13-5.3 18 0l-2 3-4-1.6v-3a12 12 0 0 0-6 0v3L5 17.5Z",
  mute: "M9 5a3 3 0 0 1 6 0v6M9 9v2.5a3 3 0 0 0 4.6 2.5M5.5 11a6.5 6.5 0 0 0 10.6 5M18.5 11a6.4 6.4 0 0 1-.6 2.8M12 17.5V21M3.5 3.5l17 17",
  microphone: "M9 5a3 3 0 0 1 6 0v6.5a3 3 0 0 1-6 0ZM5.5 11a6.5 6.5 0 0 0 13 0M12 17.5V21",
  hold: "M8 5v14M16 5v14",
  play: "M7 4.5v15l12-7.5Z",
  keypad: "M5 5h.01M12 5h.01M19 5h.01M5 12h.01M12 12h.01M19 12h.01M5 19h.01M12 19h.01M19 19h.01",
  mail: "M3 5.5h18v13H3ZM3.5 6l8.5 7 8.5-7",
  recording: "M3 12h2l2-6 3 13 3-15 3 12 2-4h3",
  measures: "M4 3.500v17h17M8.500 17v-5M12.500 17V7M16.500 17v-8",
  simulation: "M4 3.500v17h17M7.500 15.500l4-5 3 3 5-7M16 6.500h4v4",
  lock: "M6 10.500h12v10H6ZM8.500 10.500V8a3.500 3.500 0 0 1 7 0v2.500",
  download: "M12 3.500v12M6.500 10.500l5.500 5.500 5.500-5.500M4 20.500h16",
  archive: "M3 4.5h18v4H3ZM4.5 8.5h15v11h-15ZM9.5 12.5h5",
  people: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7ZM2.5 20c.4-4 3-6 6.5-6s6.100 2 6.500 6M16 4.300a3.500 3.500 0 0 1 0 6.500M17.500 14.300c2.300.7 3.700 2.600 4 5.700",
  log: "M5 3.500h14v17H5ZM8.500 8h7M8.500 12h7M8.500 16h4",
  check: "M4 12.500l5 5L20 6.500",
  shield: "M12 3l8 3v6c0 5-3.500 8-8 9.500C7.500 20 4 17 4 12V6ZM8.500 12l2.500 2.500 4.500-5",
  cross: "M5 5l14 14M19 5L5 19",
  down: "M5 8.500l7 7 7-7",
  back: "M15 5l-7 7 7 7",
  attach: "M20 11l-8.500 8.500a5 5 0 0 1-7-7L13 4a3.300 3.300 0 0 1 4.700 4.700l-8.500 8.500a1.700 1.700 0 0 1-2.400-2.400L14.500 7",
  home: "M4 10.500L12 4l8 6.500V20h-5.500v-6h-5v6H4Z",
  person: "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8ZM4.500 20.500c.5-4.300 3.500-6.500 7.500-6.500s7 2.200 7.500 6.500",
  globe: "M12 3.500a8.500 8.500 0 1 0 0 17 8.500 8.500 0 0 0 0-17ZM3.500 12h17M12 3.500c5 5 5 12 0 17-5-5-5-12 0-17Z",
  warning: "M12 3.500l9.500 17h-19ZM12 10v5M12 17.500v.5",
  info: "M12 3.500a8.500 8.500 0 1 0 0 17 8.500 8.500 0 0 0 0-17ZM12 11v5.500M12 7.500V8",
  clock: "M12 3.500a8.500 8.500 0 1 0 0 17 8.500 8.500 0 0 0 0-17ZM12 7v5l3.500 2",
  search: "M10.500 4a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13ZM15.500 15.500L21 21",
  send: "M3.500 11.500L21 3.500l-6 17.500-3.500-7.500ZM11.500 13.500L21 3.500",
  screen: "M3 4.500h18v12H3ZM8 20.500h8M12 16.500v4",
  arrow: "M4 12h15M13 5.500l6.500 6.500-6.500 6.500",
  swap: "M7 4v13M3.500 13.500L7 17.500l3.500-4M17 20V7M13.500 10.500L17 6.500l3.500 4",
  ear: "M7 10a5 5 0 0 1 10 0c0 4-4 4.500-4 8a2.500 2.500 0 0 1-5 .5M10 10a2 2 0 0 1 4 0c0 1.500-1.500 2-2 3",
  place: "M12 21s7-6.500 7-11.500a7 7 0 0 0-14 0C5 14.500 12 21 12 21ZM12 12a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5Z",
  note: "M5 3.500h14v12l-5 5H5ZM14 20.500v-5h5M8.500 8h7M8.500 11.500h5",
  flow: "M9 3.500h6v5H9ZM3 15.500h6v5H3ZM15 15.500h6v5h-6ZM12 8.500v3.500M6 15.500V12h12v3.500",
  speaker: "M4 9.500h4l5-4.500v14l-5-4.500H4ZM16.500 9a4 4 0 0 1 0 6M19 6.500a8 8 0 0 1 0 11",
  plus: "M12 4.500v15M4.500 12h15",
} as const;

export type IconName = keyof typeof paths;

/** Filled icons read better than lines for play and hang-up. */
const filled: readonly IconName[] = ["play", "end"];

export function Icon({ name, size = 20 }: { name: IconName; size?: number }) {
  const fill = filled.includes(name);
  return (
    <svg className="icon" viewBox="0 0 24 24" width={size} height={size} aria-hidden="true" focusable="false">
      <path
        d={paths[name]}
        fill={fill ? "currentColor" : "none"}
        stroke="currentColor"
        strokeWidth={name === "keypad" ? 3.2 : 2}
        strokeLinecap={name === "keypad" ? "round" : "square"}
        strokeLinejoin="miter"
      />
    </svg>
  );
}
