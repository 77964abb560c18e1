#!/usr/bin/env bash
# Holds every form of a report against programs of others: schemas, readers and validators. Not part of `cargo test`.
#
#   tests/outside.sh [FOLDER]     FOLDER keeps what is installed; a temporary one where none is named
#
# Installs from PyPI, npm and crates.io by name, then runs without a network. What cannot be had is skipped, and said. Needs a
# built program (FAILBACK, else target/debug/failback), python3, npm and xmllint. Exit code 1 where a validator objects.
# OUTSIDE_CASES says how many descriptions are generated (40).
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
program=${FAILBACK:-$root/target/debug/failback}
kept=${1:-$(mktemp -d)}
mkdir -p "$kept/out"
cd "$kept" || exit 2
bad=0
skipped() { printf 'skipped: %s\n' "$*"; }
failed() { printf 'FAILED: %s\n' "$*"; bad=1; }

# --- what others wrote
[ -d python ] || python3 -m venv python
python/bin/pip -q install junitparser markdown-it-py check-jsonschema 2>/dev/null || skipped "packages of PyPI"
if [ ! -f junit-10.xsd ]; then
  python/bin/pip -q download --no-deps --no-binary :all: pytest -d sources 2>/dev/null
  tar xzOf sources/pytest-*.tar.gz --wildcards '*/junit-10.xsd' > junit-10.xsd 2>/dev/null || rm -f junit-10.xsd
fi
if [ ! -f sarif.json ]; then
  mkdir -p schema/src && cd schema && touch src/lib.rs
  printf '[package]\nname = "schema"\nversion = "0.1.0"\nedition = "2021"\n[dependencies]\nserde-sarif = "0.8"\n' > Cargo.toml
  cargo fetch -q 2>/dev/null
  found=$(find "${CARGO_HOME:-$HOME/.cargo}/registry/src" -path '*serde-sarif-0.8*' -name '*.json' -size +50k | head -n 1)
  cd ..
  # Its pattern of `language` is no regular expression that all readers take.
  [ -n "$found" ] && python3 - "$found" > sarif.json <<'PY'
import json, sys
def drop(node):
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "language" and isinstance(value, dict): value.pop("pattern", None)
            drop(value)
    elif isinstance(node, list):
        for value in node: drop(value)
schema = json.load(open(sys.argv[1])); drop(schema); json.dump(schema, sys.stdout)
PY
fi
[ -f package.json ] || echo "{}" > package.json
npm ls @microsoft/sarif-multitool-linux >/dev/null 2>&1 || npm install --silent @microsoft/sarif-multitool-linux >/dev/null 2>&1
multitool=node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool

# --- descriptions: the examples, and fuzzed copies of one of them
python3 - "$root" "$kept/out" "${OUTSIDE_CASES:-40}" <<'PY'
import os, random, shutil, sys
root, out, cases = sys.argv[1], sys.argv[2], int(sys.argv[3])
for name in ("first-failback", "modernized", "ready", "win-4003"):
    shutil.copy(f"{root}/examples/{name}/site.yaml", f"{out}/{name}.yaml")
text = open(f"{root}/examples/first-failback/site.yaml", encoding="utf-8").read()
ids = ["shop-web", "shop-app", "mt-busan-1", "vc-busan", "cs-busan", "pos-01"]
odd = ["<b>&\"'", "]]>", "::error::x", "##vso[x]", "@octo #1", "=1+1", "a|b", "`x`", "\\u202e", "\\u0007", "서울", "\\ud83d\\ude00", "a b/c%", "$x$ www.a.b", "<!-- -->"]
for case in range(cases):
    chance = random.Random(case)
    lines = text
    for name in chance.sample(ids, 3):
        # The same odd name wherever the old one is.
        new = '"%s"' % (name + chance.choice(odd)).replace("\\u", "\0").replace("\\", "\\\\").replace('"', '\\"').replace("\0", "\\u")
        parts = lines.split(name)
        keep = [p for p in parts]
        lines = keep[0]
        for part in keep[1:]:
            whole = lines[-1:] in " [" and part[:1] in ",]\n }"
            lines += (new if whole else name) + part
    for _ in range(chance.randrange(4)):
        rows = lines.split("\n"); at = chance.randrange(8, len(rows)); del rows[at]; lines = "\n".join(rows)
    open(f"{out}/case-{case}.yaml", "w", encoding="utf-8").write(lines)
PY

# --- every form of every description
cd out || exit 2
for site in *.yaml; do
  reports=()
  for form in json json-lines sarif github azure gitlab junit checkstyle rdjson markdown csv; do
    reports+=(--report "$form=${site%.yaml}.$form")
  done
  "$program" check --format concise "${reports[@]}" "$site" > /dev/null 2> "${site%.yaml}.err"
  [ $? -le 5 ] || failed "$site: exit code"
done
cd ..

# --- the validators
if [ -s sarif.json ]; then
  for file in out/*.sarif; do cp "$file" "$file.json"; done
  python/bin/check-jsonschema --schemafile sarif.json out/*.sarif.json > sarif.log || { failed "SARIF schema"; head -n 20 sarif.log; }
else
  skipped "the schema of SARIF"
fi
if [ -f "$multitool" ]; then
  chmod +x "$multitool"
  for file in out/first-failback out/win-4003 out/case-0 out/case-1 out/case-2; do
    "$multitool" validate "$file.sarif" --rule-kind 'Sarif;Ghas' --output "$file.multitool" --log ForceOverwrite > /dev/null 2>&1
    # It ends with 0 whatever it finds. SARIF2005 asks for a homepage, which there is none of.
    python3 - "$file.multitool" <<'PY' || failed "Sarif.Multitool on $file"
import json, sys
results = json.load(open(sys.argv[1], encoding="utf-8-sig"))["runs"][0].get("results", [])
found = sorted({r["ruleId"] for r in results} - {"SARIF2005"})
print(*found) if found else None
sys.exit(bool(found))
PY
  done
else
  skipped "Sarif.Multitool"
fi
if [ -f junit-10.xsd ] && command -v xmllint > /dev/null; then
  xmllint --nonet --noout --schema junit-10.xsd out/*.junit 2> junit.log || { failed "JUnit schema"; grep -v validates junit.log | head; }
  xmllint --nonet --noout out/*.checkstyle || failed "checkstyle is no XML"
else
  skipped "junit-10.xsd or xmllint"
fi
python/bin/python - out <<'PY' || bad=1
import csv, glob, io, json, os, sys
from xml.etree import ElementTree
bad = []
try:
    from junitparser import JUnitXml
except ImportError:
    JUnitXml = None; print("skipped: junitparser")
try:
    from markdown_it import MarkdownIt
    # As GitHub reads: tables, struck text and addresses in running text, and HTML.
    markdown = MarkdownIt("gfm-like", {"html": True, "linkify": False})
except (ImportError, ModuleNotFoundError):
    markdown = None; print("skipped: markdown-it-py")
allowed = {"heading", "inline", "bullet_list", "list_item", "paragraph", "html_block", "text", "strong", "code_inline", "softbreak"}
def kinds(tokens):
    for token in tokens:
        yield token.type.removesuffix("_open").removesuffix("_close"), token
        yield from kinds(token.children or [])
for path in sorted(glob.glob(sys.argv[1] + "/*.json")):
    if path.endswith(".sarif.json"): continue
    base = path[:-5]
    name = os.path.basename(base)
    read = lambda form: open(f"{base}.{form}", encoding="utf-8", newline="").read()
    found = sorted(f["fingerprint"] for e in json.loads(read("json"))["environments"] for f in e["findings"])
    forms = {
        "json-lines": [o["fingerprint"] for o in map(json.loads, read("json-lines").splitlines()) if o["type"] == "finding"],
        "sarif": [r["partialFingerprints"]["failback/v1"] for r in json.loads(read("sarif"))["runs"][0]["results"]],
        "csv": [r["fingerprint"] for r in csv.DictReader(io.StringIO(read("csv"))) if r["id"]],
    }
    for form, prints in forms.items():
        if sorted(prints) != found: bad.append(f"{name}: other findings in {form}")
    prints = [o["fingerprint"] for o in json.loads(read("gitlab"))]
    if len(set(prints)) != len(prints): bad.append(f"{name}: one fingerprint twice")
    ElementTree.fromstring(read("checkstyle"))
    if JUnitXml:
        suites = JUnitXml.fromfile(base + ".junit")
        cases = [case for suite in suites for case in suite]
        if suites.tests != len(cases): bad.append(f"{name}: cases of JUnit")
    if markdown:
        text = read("markdown")
        for kind, token in kinds(markdown.parse(text)):
            if kind not in allowed or (kind == "html_block" and token.content != "<!-- failback -->\n"):
                bad.append(f"{name}: {kind} in Markdown: {token.content[:80]}")
print(*bad, sep="\n") if bad else print("ok: readers of all forms")
sys.exit(bool(bad))
PY
if [ -x python/bin/check-jsonschema ]; then
  for pair in vendor.github-workflows:.github/workflows/*.yml vendor.github-actions:action.yml vendor.gitlab-ci:ci/gitlab.yml vendor.azure-pipelines:ci/azure-pipelines.yml; do
    for file in $root/${pair#*:}; do
      [ -f "$file" ] || continue
      python/bin/check-jsonschema --builtin-schema "${pair%%:*}" "$file" > pipeline.log || { failed "$file"; cat pipeline.log; }
    done
  done
fi
for more in "$root"/tests/outside/*.sh; do
  [ -f "$more" ] && { "$more" "$kept" || bad=1; }
done
[ $bad = 0 ] && echo "nothing to object to"
exit $bad
