//! What the server says it can do.

use serde_json::{Value, json};

use crate::lsp::rules::colours::KINDS;
use crate::lsp::text::Encoding;

/// The requests that are answered.
pub const REQUESTS: &[&str] = &[
    "textDocument/hover",
    "textDocument/definition",
    "textDocument/references",
    "textDocument/documentHighlight",
    "textDocument/documentSymbol",
    "textDocument/completion",
    "textDocument/signatureHelp",
    "textDocument/codeAction",
    "textDocument/codeLens",
    "textDocument/inlayHint",
    "textDocument/semanticTokens/full",
    "textDocument/semanticTokens/range",
    "textDocument/foldingRange",
    "textDocument/formatting",
    "textDocument/rangeFormatting",
    "textDocument/prepareRename",
    "textDocument/rename",
    "textDocument/diagnostic",
    "workspace/symbol",
    "workspace/executeCommand",
];

/// The commands of the server.
pub const COMMANDS: [&str; 4] =
    ["failback.check", "failback.plan", "failback.ask", "failback.explain"];

/// What is offered for rule files alone, so that no editor asks which of two tools formats YAML.
const RULES_ALONE: [(&str, &str, &str); 3] = [
    ("formatting", "textDocument/formatting", "documentFormattingProvider"),
    ("rangeFormatting", "textDocument/rangeFormatting", "documentRangeFormattingProvider"),
    ("foldingRange", "textDocument/foldingRange", "foldingRangeProvider"),
];

fn registers(client: &Value, what: &str) -> bool {
    client["textDocument"][what]["dynamicRegistration"] == true
}

/// The answer to `initialize`.
pub fn of(encoding: Encoding, client: &Value, pull: bool) -> Value {
    let mut all = json!({
        "positionEncoding": encoding.name(),
        "textDocumentSync": { "openClose": true, "change": 2, "save": true },
        "hoverProvider": true,
        "definitionProvider": true,
        "referencesProvider": true,
        "documentHighlightProvider": true,
        "renameProvider": { "prepareProvider": true },
        "documentSymbolProvider": true,
        "workspaceSymbolProvider": true,
        "completionProvider": { "triggerCharacters": [" ", ":", ".", "("] },
        "signatureHelpProvider": { "triggerCharacters": ["(", ","] },
        "codeActionProvider": { "codeActionKinds": ["quickfix"] },
        "codeLensProvider": {},
        "inlayHintProvider": true,
        "semanticTokensProvider": {
            "legend": { "tokenTypes": KINDS, "tokenModifiers": ["declaration"] },
            "full": true,
            "range": true,
        },
        "executeCommandProvider": { "commands": COMMANDS },
        "workspace": { "workspaceFolders": { "supported": true, "changeNotifications": true } },
    });
    if pull {
        all["diagnosticProvider"] =
            json!({ "interFileDependencies": true, "workspaceDiagnostics": false });
    }
    for (what, _, provider) in RULES_ALONE {
        if !registers(client, what) {
            all[provider] = json!(true);
        }
    }
    let server = json!({ "name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION") });
    json!({ "capabilities": all, "serverInfo": server })
}

/// What is registered once the client is ready.
pub fn later(client: &Value) -> Vec<Value> {
    let selector = json!([{ "language": "gate" }, { "pattern": "**/*.gate" }]);
    let for_rules = RULES_ALONE.iter().filter(|(what, ..)| registers(client, what));
    let mut wanted: Vec<Value> = for_rules
        .map(|(what, method, _)| {
            let options = json!({ "documentSelector": selector });
            json!({ "id": what, "method": method, "registerOptions": options })
        })
        .collect();
    if client["workspace"]["didChangeWatchedFiles"]["dynamicRegistration"] == true {
        let watchers = json!([{ "globPattern": "**/*.{yaml,yml,json,gate}" }]);
        let (id, method) = ("watch", "workspace/didChangeWatchedFiles");
        let options = json!({ "watchers": watchers });
        wanted.push(json!({ "id": id, "method": method, "registerOptions": options }));
    }
    wanted
}
