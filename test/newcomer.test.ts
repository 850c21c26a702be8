/** From an empty folder to an open page and back to nothing: as root and as an ordinary user, with namespaces and without. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { after, before, describe, test } from "node:test";
import { Desk, oneself, ordinaryUser, type Person, type Typed } from "./newcomer.ts";
import { ask } from "./weft.ts";

const freePorts = "--http-port 0 --https-port 0 --api-port 0 --patience 90";

/** Whether this person may make the namespaces that Weft makes. */
function mayHaveNamespaces({ uid }: Person): boolean {
  const asked = ["--user", "--map-root-user", "--net", "--mount", "--pid", "--fork", "--mount-proc", "true"];
  const asRoot = asked.slice(2);
  const isRoot = uid === undefined && process.getuid?.() === 0;
  return spawnSync("unshare", isRoot ? asRoot : asked, uid === undefined ? {} : { uid, gid: uid }).status === 0;
}

function newcomer(person: Person): void {
  describe(`a newcomer (${person.name})`, () => {
    let desk: Desk;
    let place = "";

    before(() => {
      desk = new Desk(person);
      place = desk.copyRepository();
    });
    after(() => desk.close());

    /** Types the line, opens the page it prints, presses Ctrl-C; everything has ended then. Gives the network it ran in. */
    async function visit(line: string): Promise<string | undefined> {
      let typed: Typed | undefined;
      try {
        typed = desk.start(line, place);
        await typed.shows(/^weft is ready in /m, 200_000);
        const [, url = ""] = await typed.shows(/(http:\S+\/productpage)/, 1_000);
        const { status, body } = await ask(url);
        assert.equal(status, 200);
        assert.match(body, /Comedy of Errors/);
      } finally {
        await typed?.interrupt();
      }
      assert.deepEqual(desk.processes(), [], typed.output);
      return /^ +network +(\w+)/m.exec(typed.output)?.[1];
    }

    test("npm ci && npm start: the page opens, Ctrl-C ends all", async () => {
      const network = await visit(`npm ci && npm start -- ${freePorts}`);
      assert.equal(network, mayHaveNamespaces(person) ? "netns" : "loopback");
    });

    test("npm start without namespaces: the page opens, Ctrl-C ends all", async () => {
      assert.equal(await visit(`npm start -- --network loopback ${freePorts}`), "loopback");
    });
  });
}

newcomer(oneself);
const other = ordinaryUser();
if (typeof other === "string") test("a newcomer who is an ordinary user", { skip: other }, () => undefined);
else newcomer(other);
