//! Payloads in values, ids, keys and names, into every form.

use crate::reports::FORMS;
use crate::support::program::{PACK, Run};

/// What would act somewhere: on a build server, a terminal, a page, a spreadsheet or a reader.
fn payloads() -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for command in
        ["error", "warning", "notice", "set-output name=a", "add-mask", "group", "stop-commands"]
    {
        all.push(format!("::{command}::x"));
        all.push(format!("x\n::{command}::x"));
        all.push(format!("\u{a0}::{command}::x"));
    }
    for command in [
        "vso[task.complete result=Succeeded;]",
        "vso[task.setvariable variable=a]",
        "[error]",
        "[command]",
        "teamcity[message text='x']",
        "[set-env name=a]",
    ] {
        all.extend(
            ["##", "x ##", "###", "#\u{200b}#", "\n##"].map(|before| format!("{before}{command}x")),
        );
    }
    for html in [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<!-- x -->",
        "]]>",
        "<![CDATA[x]]>",
        "&lt;b&gt;",
        "&#64;x",
        "\"><b>",
        "'><b>",
        "<a href=\"//x\">x</a>",
        "</testcase>",
        "<?xml version=\"1.0\"?>",
        "<!DOCTYPE x>",
    ] {
        all.extend([html.to_owned(), format!("x {html}"), format!("{html}{html}")]);
    }
    for mark in [
        "[x](http://x)",
        "![x](http://x/y.png)",
        "**b**",
        "`x`",
        "``x`` y",
        "# x",
        "- x",
        "1. x",
        "> x",
        "| x | y |",
        "~~x~~",
        "@octocat",
        "#1",
        "GH-12",
        "octo/repo#1",
        "https://example.com",
        "www.example.com",
        "a@example.com",
        ":smile:",
        "$x$",
        "$$x$$",
        "\\`x",
        "deadbeefdeadbeefdeadbeefdeadbeefdeadbeef",
        "[^1]",
        "<http://x>",
        "```x",
        "***",
        "---",
        "a_b_c",
    ] {
        all.extend([mark.to_owned(), format!("x {mark} y")]);
    }
    for formula in [
        "=1+1",
        "+1+1",
        "-1+1",
        "@SUM(1)",
        "\t=1+1",
        "=HYPERLINK(\"http://x\")",
        " =1",
        "=cmd|'/C calc'!A0",
    ] {
        all.push(formula.to_owned());
    }
    for code in [
        0x07, 0x08, 0x0b, 0x0d, 0x1b, 0x7f, 0x85, 0x9b, 0x61c, 0x200b, 0x200e, 0x200f, 0x2028,
        0x2029, 0x202a, 0x202e, 0x2066, 0x2069, 0xfeff, 0xfff9, 0xe0041,
    ] {
        let char = char::from_u32(code).expect("a character");
        all.push(format!("a{char}[31mb"));
        all.push(format!("{char}::error::x"));
    }
    all.extend(
        [
            "%0A::error::x",
            "%0D%0A##vso[x]",
            "a;b]c",
            "a,b:c",
            "50%",
            "\"quoted\"",
            "a,b\n\"c\"",
            "{{ x }}",
            "${{ secrets.X }}",
            "$(x)",
            "\u{fffe}x",
            "\u{ffff}",
        ]
        .map(str::to_owned),
    );
    all
}

fn quoted(text: &str) -> String {
    let mut json = String::new();
    for char in serde_json::to_string(text).expect("JSON").chars() {
        match char.is_ascii() && !char.is_ascii_control() || char == '\u{a0}' {
            true => json.push(char),
            false => char
                .encode_utf16(&mut [0; 2])
                .iter()
                .for_each(|unit| json.push_str(&format!("\\u{unit:04x}"))),
        }
    }
    json
}

/// A description with each payload as an id, a value and, in turn, a key; its name is one, too.
fn site(payloads: &[String], name: &str, keys: bool) -> String {
    let mut site = format!(
        "{{\"apiVersion\": \"failback/v1\", \"kind\": \"Environment\", \"name\": {}, \"asOf\": \"2020-03-28T09:00:00Z\", \"servers\": [\n",
        quoted(name)
    );
    for (at, payload) in payloads.iter().enumerate() {
        let state = ["\"stopped\"", "\"running\"", "null"][at % 3];
        let key = if keys { format!("{}: 1, ", quoted(payload)) } else { String::new() };
        let text = quoted(payload);
        let comma = if at + 1 == payloads.len() { "" } else { "," };
        site.push_str(&format!("{{{key}\"id\": {}, \"state\": {state}, \"model\": {text}, \"snapshots\": [{{\"name\": {text}}}], \"peer\": {text}}}{comma}\n", quoted(&format!("{payload}{at}"))));
    }
    site + "]}\n"
}

/// What acts in the output of a form, line by line.
fn acts(form: &str, out: &str) -> Option<String> {
    let hidden = |char: char| {
        char.is_control() && char != '\n' && !(form == "csv" && char == '\r')
            || matches!(char, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}' | '\u{e0041}')
    };
    for line in out.lines() {
        let ours = match form {
            "github" => {
                line.starts_with("::error ")
                    || line.starts_with("::warning ")
                    || line.starts_with("::notice ")
            }
            _ => false,
        };
        if line.trim_start().starts_with("::") && !ours {
            return Some(format!("a workflow command: {line}"));
        }
        let rest = match form {
            "azure" => line.strip_prefix("##vso[task.logissue ").unwrap_or(line),
            _ => line,
        };
        if rest.contains("##[") || rest.contains("##vso[") || rest.contains("##teamcity[") {
            return Some(format!("a command: {line}"));
        }
        if let Some(char) = line.chars().find(|char| hidden(*char)) {
            return Some(format!("U+{:04X}: {line}", char as u32));
        }
    }
    None
}

/// What is left of Markdown outside of code.
fn prose(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    while let Some(at) = rest.find('`') {
        out.push_str(&rest[..at]);
        let fence = rest[at..].len() - rest[at..].trim_start_matches('`').len();
        let body = &rest[at + fence..];
        let mut from = 0;
        loop {
            let close = from
                + body[from..].find('`').unwrap_or_else(|| panic!("code without an end: {line}"));
            let run = body[close..].len() - body[close..].trim_start_matches('`').len();
            from = close + run;
            if run == fence {
                break;
            }
        }
        rest = &body[from..];
    }
    out + rest
}

#[test]
fn nothing_that_others_wrote_is_more_than_text() {
    let payloads = payloads();
    assert!(payloads.len() >= 200, "{}", payloads.len());
    for (number, name) in ["lab", "::error::x", "=1+1 <b> @octo ##vso[x]"].into_iter().enumerate() {
        let site = site(&payloads, name, number == 1);
        for form in FORMS.into_iter().chain(["full", "concise"]) {
            let rules = PACK.replace(
                "SRV-001 \"A server runs\"",
                "SRV-001 \"A server runs ##vso[x] <b> @octo ::x\"",
            );
            let run = Run::new(&format!("check --rules rules --all --format {form}"))
                .file("rules/demo.gate", rules);
            let run = run
                .file("a =<b>,;]@octo ##vso[x].json", &site)
                .argument("a =<b>,;]@octo ##vso[x].json");
            let done = run.done();
            assert!(done.out.len() > 10_000 || form == "github", "{form}: {}", done.err);
            assert_eq!(acts(form, &done.out), None, "{form}");
            assert_eq!(acts("concise", &done.err), None, "{form}");
            match form {
                "markdown" => {
                    let body = done.out.strip_prefix("<!-- failback -->\n").expect("the mark");
                    for line in body.lines() {
                        let left = prose(line);
                        let left = left.trim_start_matches(['#', '*', '-', ' ']).replace("**", "");
                        let odd = left.find([
                            '<', '>', '&', '[', ']', '@', '#', '$', '|', '~', '_', '*', '\\', '/',
                            '!',
                        ]);
                        assert_eq!(odd, None, "{left}");
                    }
                }
                "csv" => {
                    let mut table = csv::Reader::from_reader(done.out.as_bytes());
                    for row in table.records() {
                        let row = row.expect("a row");
                        let odd = row
                            .iter()
                            .find(|cell| cell.trim_start().starts_with(['=', '+', '-', '@']));
                        assert_eq!(odd, None);
                    }
                }
                "junit" | "checkstyle" => {
                    let names = done.out.split('<').skip(1).map(|rest| {
                        rest.split([' ', '>', '/'])
                            .find(|name| !name.is_empty())
                            .unwrap_or_default()
                    });
                    let known = [
                        "?xml",
                        "testsuites",
                        "testsuite",
                        "testcase",
                        "failure",
                        "error",
                        "checkstyle",
                        "file",
                    ];
                    let odd = names.into_iter().find(|name| !known.contains(name));
                    assert_eq!(odd, None, "{form}");
                }
                "json" | "sarif" | "gitlab" | "rdjson" => {
                    super::json(&done.out);
                }
                _ => {}
            }
        }
    }
}

#[test]
fn data_forms_hold_the_text_as_it_was() {
    let payloads: Vec<String> =
        payloads().into_iter().filter(|text| !text.trim().is_empty()).collect();
    let site = site(&payloads, "lab", false);
    let run =
        Run::new("check site.json --rules rules --format json").pack().file("site.json", &site);
    let found = super::json(&run.done().out);
    let units = found["environments"][0]["units"].as_array().expect("units").clone();
    for (at, payload) in payloads.iter().enumerate() {
        assert_eq!(units[at]["id"], format!("{payload}{at}"));
    }
}
