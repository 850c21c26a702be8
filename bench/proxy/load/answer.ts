/** How a load program talks with the bench: one message asks, one answers. */

/** Does what is asked in each message; answers what came of it, or what went wrong. Ends with the bench. */
export function serve(work: (question: never) => Promise<object>): void {
  process.on("message", (question) => {
    work(question as never).then(
      (answer) => process.send?.(answer),
      (error: unknown) => process.send?.({ error: error instanceof Error ? error.message : String(error) }),
    );
  });
  process.once("disconnect", () => process.exit());
}
