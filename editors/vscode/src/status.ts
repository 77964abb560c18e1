// The verdict in the status bar.

import * as vscode from "vscode";

/** What the server says of a file after each check. */
export interface Verdict {
  uri: string;
  version: number | null;
  environment: string;
  verdict: "open" | "closed" | "unknown" | "pending" | "nothing" | string;
  /** Whether the text could be read as it is. */
  readable: boolean;
  summary: string;
  ready: number;
  units: number;
}

/** The text in the status bar. */
export function label(verdict: Verdict): string {
  if (!verdict.readable) {
    return "$(question) ? cannot be read";
  }
  const icons: Record<string, string> = { open: "$(pass-filled)", closed: "$(error)", unknown: "$(question)", pending: "$(watch)" };
  const icon = icons[verdict.verdict] ?? "$(circle-slash)";
  return `${icon} ${verdict.verdict} · ${verdict.ready} of ${verdict.units} ready`;
}

/** Shows the verdict of the file in front. */
export class Status implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem("failback.verdict", vscode.StatusBarAlignment.Left, 10);
  private readonly verdicts = new Map<string, Verdict>();
  private front: vscode.Uri | undefined;

  constructor() {
    this.item.name = "failback";
    this.item.command = "failback.showPlan";
  }

  /** Takes what the server says. */
  take(verdict: Verdict): void {
    this.verdicts.set(vscode.Uri.parse(verdict.uri).toString(), verdict);
    this.show();
  }

  /** Forgets a file that was closed, or all of them. */
  forget(uri?: vscode.Uri): void {
    if (uri) {
      this.verdicts.delete(uri.toString());
    } else {
      this.verdicts.clear();
    }
    this.show();
  }

  /** The file whose verdict is shown. */
  shown(): vscode.Uri | undefined {
    return this.front;
  }

  /** Shows the verdict of the file in front, or nothing. */
  show(): void {
    // Beside a preview, which is no text, the verdict of the last text stays.
    this.front = vscode.window.activeTextEditor?.document.uri ?? this.front;
    const verdict = this.front && this.verdicts.get(this.front.toString());
    void vscode.commands.executeCommand("setContext", "failback.judged", verdict !== undefined);
    if (!verdict) {
      this.item.hide();
      return;
    }
    this.item.text = label(verdict);
    const hint = verdict.readable ? "Click for the plan." : "The text cannot be read as it is, so the gate stays closed.";
    this.item.tooltip = new vscode.MarkdownString(`**${verdict.environment}**: ${verdict.summary}\n\n${hint}`);
    const colour: Record<string, string> = { closed: "statusBarItem.errorBackground", unknown: "statusBarItem.warningBackground" };
    const background = verdict.readable ? colour[verdict.verdict] : "statusBarItem.warningBackground";
    this.item.backgroundColor = background ? new vscode.ThemeColor(background) : undefined;
    this.item.accessibilityInformation = { label: `failback: ${verdict.summary}` };
    this.item.show();
  }

  dispose(): void {
    this.item.dispose();
  }
}
