import { type ChildProcess, spawn } from "node:child_process";

/**
 * Ends process groups when the agent dies without a word. A small shell holds a pipe to the agent and knows the groups
 * by their numbers (`+7` and `-7`); the end of the pipe is the end of them all. On Linux each program is also
 * tied to the agent by the kernel, but what a program has started itself is not.
 */
const script = `
groups=" "
while read -r line; do
  group="\${line#?}"
  case "$line" in
    +*) groups="$groups$group " ;;
    -*) case "$groups" in *" $group "*) groups="\${groups%% $group *} \${groups#* $group }" ;; esac ;;
  esac
done
for group in $groups; do kill -s KILL -- "-$group"; done 2>/dev/null
`;

export interface Reaper {
  watch(group: number): void;
  /** Once nothing of the group is left: its number may soon mean something else. */
  forget(group: number): void;
  close(): Promise<void>;
}

export function startReaper(): Reaper {
  if (process.platform === "win32") {
    return { watch: () => undefined, forget: () => undefined, close: () => Promise.resolve() };
  }
  const shell: ChildProcess = spawn("/bin/sh", ["-c", script], { detached: true, stdio: ["pipe", "ignore", "ignore"] });
  const gone = new Promise<void>((resolve) => {
    shell.once("exit", () => resolve());
    shell.once("error", () => resolve());
  });
  // Without the shell everything still works; only a sudden death of the agent would leave something behind.
  shell.stdin?.on("error", () => undefined);
  shell.unref();
  const tell = (line: string) => void shell.stdin?.write(`${line}\n`);
  return {
    watch: (group) => tell(`+${group}`),
    forget: (group) => tell(`-${group}`),
    close() {
      shell.ref();
      shell.stdin?.end();
      return gone;
    },
  };
}
