/** What is asked for: the first letter of each path is its own. */
export const kilobyte = { path: "/kilobyte", bytes: 1024 } as const;
export const tiny = { path: "/tiny", bytes: 2 } as const;
