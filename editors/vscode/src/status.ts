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
  const icons: Record<string, string> = { open: "$(pass-filled)", closed: "$(error)", unknown: "$(question)", pending: "$(watch)" };
  const icon = verdict.readable ? (icons[verdict.verdict] ?? "$(circle-slash)") : "$(question)";
  const word = verdict.readable ? verdict.verdict : "?";
  return `${icon} ${word} · ${verdict.ready} of ${verdict.units} ready`;
}

/** Shows the verdict of the file in front. */
export class Status implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem("failback.verdict", vscode.StatusBarAlignment.Left, 10);
  private readonly verdicts = new Map<string, Verdict>();

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

  /** Whether the server has judged a file. */
  knows(uri: vscode.Uri): boolean {
    return this.verdicts.has(uri.toString());
  }

  /** Shows the verdict of the file in front, or nothing. */
  show(): void {
    const front = vscode.window.activeTextEditor?.document.uri;
    const verdict = front && this.verdicts.get(front.toString());
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
