// Which program is started, and which files are ours.

import { deepEqual, equal, match } from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import * as path from "node:path";
import { test } from "node:test";
import { choose, mayDescribe, version } from "../src/server";

const folder = mkdtempSync(path.join(tmpdir(), "failback-"));

test("the setting comes before the extension, the extension before PATH", () => {
  deepEqual(choose("", folder), { command: "failback", origin: "`PATH`" });
  mkdirSync(path.join(folder, "server"));
  writeFileSync(path.join(folder, "server", "failback"), "");
  writeFileSync(path.join(folder, "server", "failback.exe"), "");
  equal(choose("", folder, "linux").command, path.join(folder, "server", "failback"));
  equal(choose("", folder, "win32").command, path.join(folder, "server", "failback.exe"));
  equal(choose(" /opt/failback ", folder).command, "/opt/failback");
});

test("a program that is none is told", async () => {
  deepEqual(await version(path.join(folder, "nothing")), { error: "there is no such program" });
  const other = path.join(folder, "other");
  writeFileSync(other, "#!/bin/sh\necho other 1.0\n");
  chmodSync(other, 0o755);
  deepEqual(await version(other), { error: "it is another program" });
  writeFileSync(other, "#!/bin/sh\nexit 3\n");
  const broken = await version(other);
  match("error" in broken ? broken.error : "", /failed/);
});

test("only our head is ours", () => {
  equal(mayDescribe("# a site\napiVersion: failback/v1\nkind: Environment\n"), true);
  equal(mayDescribe('{ "apiVersion": "failback/v1" }'), true);
  equal(mayDescribe("apiVersion: v1\nkind: Pod\n# failback/v1\n"), false);
  equal(mayDescribe(""), false);
});
