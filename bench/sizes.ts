/** What is asked for: the first letter of each path is its own. */
export const bodies = [
  { path: "/kilobyte", bytes: 1024, name: "1 KB" },
  { path: "/tiny", bytes: 2, name: "2 B" },
] as const;
