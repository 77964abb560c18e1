// Which program is started: the setting, else the one in the extension, else the one on PATH.

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import * as path from "node:path";

/** A program that was tried. */
export interface Candidate {
  /** What is started. */
  command: string;
  /** Where it was found, in words for a message. */
  origin: string;
}

/** The program to start; it may not exist. */
export function choose(configured: string, extension: string, platform: NodeJS.Platform = process.platform): Candidate {
  if (configured.trim() !== "") {
    return { command: configured.trim(), origin: "the setting `failback.path`" };
  }
  const bundled = path.join(extension, "server", platform === "win32" ? "failback.exe" : "failback");
  if (existsSync(bundled)) {
    return { command: bundled, origin: "the extension" };
  }
  return { command: "failback", origin: "`PATH`" };
}

/** What a program says of its version, or why it does not run. */
export function version(command: string): Promise<{ version: string } | { error: string }> {
  return new Promise((resolve) => {
    execFile(command, ["--version"], { timeout: 10_000 }, (error, stdout) => {
      const said = stdout.trim();
      if (error) {
        const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
        resolve({ error: missing ? "there is no such program" : error.message.split("\n")[0] });
      } else if (!said.startsWith("failback")) {
        resolve({ error: "it is another program" });
      } else {
        resolve({ version: said });
      }
    });
  });
}

/** Whether the beginning of a YAML or JSON text may be the head of a description. */
export function mayDescribe(head: string): boolean {
  return /^\s*(?:\{\s*)?["']?apiVersion["']?\s*:\s*["']?failback\//m.test(head);
}
