// Asks two servers the same of one description, and of a foreign file, and compares.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const estate = process.env.FAILBACK_ESTATE;
const expect = (holds, text) => {
  console.log(`${holds ? "ok" : "FAILS"}: ${text}`);
  if (!holds) process.exit(1);
};

class Client {
  constructor(command, ...args) {
    this.process = spawn(command, args);
    this.buffer = Buffer.alloc(0);
    this.answers = new Map();
    this.published = new Map();
    this.id = 0;
    this.process.stdout.on("data", (data) => this.take(data));
  }
  take(data) {
    this.buffer = Buffer.concat([this.buffer, data]);
    for (;;) {
      const end = this.buffer.indexOf("\r\n\r\n");
      if (end < 0) return;
      const length = Number(/content-length: *(\d+)/i.exec(this.buffer.subarray(0, end).toString())[1]);
      if (this.buffer.length < end + 4 + length) return;
      const message = JSON.parse(this.buffer.subarray(end + 4, end + 4 + length).toString());
      this.buffer = this.buffer.subarray(end + 4 + length);
      if (message.method === "textDocument/publishDiagnostics") this.published.set(message.params.uri, message.params.diagnostics);
      else if (message.method && message.id !== undefined) this.send({ id: message.id, result: message.method === "workspace/configuration" ? [{}, {}, {}, {}] : null });
      else if (message.id !== undefined) this.answers.get(message.id)?.(message.result ?? null);
    }
  }
  send(message) {
    const body = JSON.stringify({ jsonrpc: "2.0", ...message });
    this.process.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  }
  ask(method, params) {
    const id = ++this.id;
    return new Promise((resolve) => {
      this.answers.set(id, resolve);
      this.send({ id, method, params });
    });
  }
  tell(method, params) {
    this.send({ method, params });
  }
}

const root = pathToFileURL(estate).toString();
const capabilities = { workspace: { workspaceFolders: true }, textDocument: { hover: { contentFormat: ["markdown"] } } };
const clients = [new Client(process.env.FAILBACK_SERVER, "lsp"), new Client(process.argv[2], "--stdio")];
const texts = { description: readFileSync(`${estate}/first-failback/site.yaml`, "utf8"), foreign: "apiVersion: v1\nkind: Pod\nmetadata:\n  name: x\n  bad: [\n" };
const uris = { description: `${root}/first-failback/site.yaml`, foreign: `${root}/pod.yaml` };
for (const client of clients) {
  await client.ask("initialize", { processId: null, rootUri: root, workspaceFolders: [{ uri: root, name: "estate" }], capabilities });
  client.tell("initialized", {});
  for (const name of Object.keys(texts)) {
    client.tell("textDocument/didOpen", { textDocument: { uri: uris[name], languageId: "yaml", version: 1, text: texts[name] } });
  }
}
const [ours, theirs] = clients;
const settled = async (client, uri, seconds) => {
  for (let at = 0; at < seconds * 20 && !client.published.has(uri); at++) await new Promise((r) => setTimeout(r, 50));
};
await settled(ours, uris.description, 20);
await settled(theirs, uris.foreign, 20);
const key = (one) => `${one.range.start.line} ${one.message}`;
const own = ours.published.get(uris.description) ?? [];
const other = new Set((theirs.published.get(uris.description) ?? []).map(key));
expect(own.length === 7, `our findings: ${own.length}`);
expect(own.every((one) => !other.has(key(one))), "no diagnostic is shown twice");
expect(!ours.published.has(uris.foreign), "a foreign file is left alone, though it cannot be read");
expect((theirs.published.get(uris.foreign) ?? []).length > 0, "the other server says what is wrong with it");
const document = (uri) => ({ textDocument: { uri } });
for (const name of Object.keys(uris)) {
  for (let line = 0; line < texts[name].split("\n").length; line += 7) {
    const at = { ...document(uris[name]), position: { line, character: 3 } };
    const [a, b] = await Promise.all(clients.map((client) => client.ask("textDocument/hover", at)));
    if (a && b) expect(false, `two hovers in line ${line} of ${name}`);
    const [c, d] = await Promise.all(clients.map((client) => client.ask("textDocument/completion", at)));
    const labels = (list) => new Set((list?.items ?? list ?? []).map((item) => item.label));
    const twice = [...labels(c)].filter((label) => labels(d).has(label));
    if (twice.length) expect(false, `${twice} twice in line ${line} of ${name}`);
  }
}
expect(true, "no hover and no word is shown twice");
const folds = await ours.ask("textDocument/foldingRange", document(uris.description));
const formatted = await ours.ask("textDocument/formatting", { ...document(uris.description), options: { tabSize: 2, insertSpaces: true } });
expect(folds === null && formatted === null, "ours neither folds nor formats YAML");
for (const client of clients) client.process.kill();
process.exit(0);
