// Starts the language server for rule files and for descriptions, and shows what it says beside the text.

import * as vscode from "vscode";
import { LanguageClient, LanguageClientOptions, ServerOptions, TransportKind } from "vscode-languageclient/node";
import { Previews } from "./plan";
import { choose, mayDescribe, version } from "./server";
import { Status, Verdict } from "./status";

/** How much of a file is looked at to find its head. */
const HEAD = 4096;
/** How many files of a folder are looked at. */
const FILES = 500;

let client: LanguageClient | undefined;
let starting: Promise<void> | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const output = vscode.window.createOutputChannel("failback", { log: true });
  const status = new Status();
  const previews = new Previews();
  const begin = (): Promise<void> => (starting ??= start(context, output, status, previews));
  context.subscriptions.push(
    output,
    status,
    previews,
    vscode.window.onDidChangeActiveTextEditor(() => status.show()),
    vscode.workspace.onDidCloseTextDocument((document) => status.forget(document.uri)),
    vscode.workspace.onDidOpenTextDocument((document) => {
      if (!client && isOurs(document)) {
        void begin();
      }
    }),
    vscode.workspace.onDidChangeTextDocument(({ document }) => {
      if (!client && document.languageId === "yaml" && isOurs(document)) {
        void begin();
      }
    }),
    vscode.commands.registerCommand("failback.showPlan", () => plan(status)),
    vscode.commands.registerCommand("failback.showOutput", () => output.show()),
    vscode.commands.registerCommand("failback.restart", async () => {
      await stop(status);
      await begin();
    }),
    vscode.workspace.onDidChangeConfiguration(async (event) => {
      if (event.affectsConfiguration("failback.path") && client) {
        await stop(status);
        await begin();
      }
    }),
    vscode.workspace.onDidGrantWorkspaceTrust(async () => {
      // The program and the rules that the folder names hold only now.
      if (client) {
        await stop(status);
        await begin();
      }
    }),
  );
  if (vscode.workspace.textDocuments.some(isOurs) || (await hasDescriptions())) {
    await begin();
  }
}

export async function deactivate(): Promise<void> {
  await client?.stop();
}

async function stop(status: Status): Promise<void> {
  const running = client;
  client = undefined;
  starting = undefined;
  status.forget();
  await running?.dispose();
}

function isOurs(document: vscode.TextDocument): boolean {
  if (document.languageId === "gate") {
    return true;
  }
  const head = new vscode.Range(new vscode.Position(0, 0), document.positionAt(HEAD));
  return (document.languageId === "yaml" || document.languageId === "json") && mayDescribe(document.getText(head));
}

/** Whether a folder of the workspace has a description. */
async function hasDescriptions(): Promise<boolean> {
  const files = await vscode.workspace.findFiles("**/*.{yaml,yml}", "**/node_modules/**", FILES);
  for (const file of files) {
    try {
      const bytes = await vscode.workspace.fs.readFile(file);
      if (mayDescribe(new TextDecoder().decode(bytes.subarray(0, HEAD)))) {
        return true;
      }
    } catch {
      // What cannot be read now is looked at again when it is opened.
    }
  }
  return false;
}

async function start(
  context: vscode.ExtensionContext,
  output: vscode.LogOutputChannel,
  status: Status,
  previews: Previews,
): Promise<void> {
  const settings = vscode.workspace.getConfiguration("failback");
  const program = choose(settings.get<string>("path", ""), context.extensionPath);
  const found = await version(program.command);
  if ("error" in found) {
    starting = undefined;
    const message = `failback cannot start \`${program.command}\` of ${program.origin}: ${found.error}. Install failback, or name it in the setting failback.path.`;
    const choice = await vscode.window.showErrorMessage(message, "Open the Setting", "Try Again");
    if (choice === "Open the Setting") {
      await vscode.commands.executeCommand("workbench.action.openSettings", "failback.path");
    } else if (choice === "Try Again") {
      await vscode.commands.executeCommand("failback.restart");
    }
    return;
  }
  output.info(`${found.version}, from ${program.origin}`);
  const run = { command: program.command, args: ["lsp"], transport: TransportKind.stdio };
  const server: ServerOptions = { run, debug: run };
  const named = ["rules", "scope", "now", "maxProblems", "hints", "lens", "trace"];
  const options: LanguageClientOptions = {
    documentSelector: [{ language: "gate" }, { language: "yaml" }, { language: "json" }],
    outputChannel: output,
    initializationOptions: { verdicts: true, ...Object.fromEntries(named.map((name) => [name, settings.get(name)])) },
    synchronize: { configurationSection: "failback" },
    connectionOptions: { maxRestartCount: 3 },
    markdown: { isTrusted: false, supportHtml: false },
    middleware: {
      executeCommand: async (command, args, next) => {
        const result: unknown = await next(command, args);
        await present(command, args, result, previews);
        return result;
      },
    },
  };
  client = new LanguageClient("failback", "failback", server, options);
  context.subscriptions.push(client.onNotification("failback/verdict", (verdict: Verdict) => status.take(verdict)));
  await client.start();
}

/** Shows what a command of the server answers, where it is for people. */
async function present(command: string, args: unknown[], result: unknown, previews: Previews): Promise<void> {
  const answer = result as { markdown?: unknown; yaml?: unknown } | null | undefined;
  const argument = args[0] as { uri?: string; id?: string } | undefined;
  if (command === "failback.plan" && typeof answer?.markdown === "string") {
    const name = argument?.uri ? vscode.Uri.parse(argument.uri).path.split("/").pop() : "";
    await previews.show(`Plan for ${name}`, answer.markdown);
  } else if (command === "failback.explain" && typeof answer?.markdown === "string") {
    await previews.show(argument?.id ?? "Explanation", answer.markdown);
  } else if (command === "failback.ask" && typeof answer?.yaml === "string") {
    const document = await vscode.workspace.openTextDocument({ language: "yaml", content: answer.yaml });
    await vscode.window.showTextDocument(document, { viewColumn: vscode.ViewColumn.Beside });
  }
}

/** Asks for the plan of the file in front; the answer is shown by `present`. */
async function plan(status: Status): Promise<void> {
  const uri = vscode.window.activeTextEditor?.document.uri ?? status.shown();
  if (!client || !uri) {
    await vscode.window.showInformationMessage("Open a description first: a YAML file that begins with `apiVersion: failback/v1`.");
    return;
  }
  await vscode.commands.executeCommand("failback.plan", { uri: client.code2ProtocolConverter.asUri(uri) });
}
