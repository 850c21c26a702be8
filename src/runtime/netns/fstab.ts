import { readFileSync } from "node:fs";

/** One line of an fstab(5) file, with what would break it written in octal. */
export function fstabLine(source: string, target: string, type: string, options: readonly string[]): string {
  return `${escape(source)} ${escape(target)} ${type} ${options.join(",")} 0 0\n`;
}

function escape(path: string): string {
  return path.replace(/[\s\\#]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, "0")}`);
}

const kept = new Set(["nosuid", "nodev", "noexec", "noatime", "nodiratime", "relatime"]);

/**
 * The flags of the mount a path lies on that a read-only remount must repeat: in a user namespace
 * the kernel refuses to clear those that were inherited.
 */
export function keptFlags(path: string): string[] {
  let best = { point: "", options: "" };
  for (const line of readFileSync("/proc/self/mountinfo", "utf8").split("\n")) {
    const [, , , , escaped = "", options = ""] = line.split(" ");
    const point = escaped.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
    const covers = point === "/" || point === path || path.startsWith(`${point}/`);
    if (covers && point.length >= best.point.length) best = { point, options };
  }
  return best.options.split(",").filter((option) => kept.has(option));
}
