// node vscode.cjs PORT ESTATE PICTURES: drives VS Code as a person would, and takes pictures.
const { chromium } = require("playwright-core");
const [port, estate, pictures] = process.argv.slice(2);
const light = /light/i.test(process.env.THEME ?? "");
const suffix = light ? "-light" : "";
let page;

const picture = (name) => page.screenshot({ path: `${pictures}/${name}${suffix}.png` });
const expect = (holds, text) => {
  console.log(`${holds ? "ok" : "FAILS"}: ${text}`);
  if (!holds) throw new Error(text);
};
async function until(look, text) {
  let seen;
  for (let at = 0; at < 150; at++) {
    seen = await look();
    if (seen) break;
    await page.waitForTimeout(200);
  }
  expect(seen, `${text}${typeof seen === "string" ? `: ${seen}` : ""}`);
}
const status = async () => {
  const items = await page.locator(".statusbar-item").allInnerTexts();
  return items.map((text) => text.trim()).find((text) => / of \d+ ready/.test(text));
};
const problems = async () => (await page.locator(".markers-panel .monaco-list-row").allInnerTexts()).join("\n");
async function palette(text) {
  await page.keyboard.press("F1");
  await page.waitForSelector(".quick-input-widget input");
  await page.keyboard.type(text);
  await page.waitForTimeout(700);
  await page.keyboard.press("Enter");
  await page.waitForTimeout(700);
}
async function open(path) {
  // Searching for files needs a program that is not installed here, so the tree is walked.
  const parts = path.split("/");
  const rows = page.locator(".explorer-folders-view .monaco-list-row");
  let from = 0;
  for (const part of parts) {
    let row;
    await until(async () => {
      const names = (await rows.allInnerTexts()).map((name) => name.trim().split("\n")[0]);
      const at = names.findIndex((name, number) => number >= from && name === part);
      row = at < 0 ? undefined : at;
      return at >= 0;
    }, `${part} in the tree`);
    from = row + 1;
    if (part === parts.at(-1)) await rows.nth(row).dblclick();
    else if ((await rows.nth(row).getAttribute("aria-expanded")) === "false") await rows.nth(row).click();
    await page.waitForTimeout(600);
  }
  await page.waitForSelector(`.tab.active:has-text("${parts.at(-1)}")`);
  await page.waitForTimeout(800);
}
async function goTo(line, column) {
  await page.keyboard.press("Control+g");
  await page.waitForTimeout(400);
  await page.keyboard.type(`${line}:${column}`);
  await page.keyboard.press("Enter");
  await page.waitForTimeout(500);
}

async function description() {
  await open("first-failback/site.yaml");
  await until(status, "the verdict in the status bar");
  expect(/closed/.test(await status()), "it is closed");
  await palette("View: Focus Problems");
  await until(async () => (await problems()).includes("MT-001"), "the findings of `check` in the Problems");
  const counts = await page.locator("#status\\.problems").innerText();
  expect(/4\s*0\s*2/.test(counts.replace(/\s+/g, " ")), "4 failures, 2 that are pending or worth knowing");
  await picture("1-description");
  await page.locator(".editor-instance .view-lines").first().click();
  await goTo(67, 6);
  await palette("Show or Focus Hover");
  await until(async () => await page.locator(".monaco-hover:visible", { hasText: "before-patch" }).count(), "the finding in a hover");
  await picture("2-hover");
  await page.keyboard.press("Escape");
  // The snapshot goes, and nothing is saved.
  await goTo(67, 15);
  await page.keyboard.type(" []");
  await goTo(68, 1);
  await page.keyboard.press("Control+Shift+K");
  await until(async () => /closed/.test(await status()) && !(await problems()).includes("MT-001"), "without the snapshot MT-001 is gone");
  expect((await page.locator(".tab.dirty").count()) > 0, "the file is not saved");
  expect(/closed/.test(await status()), `the gate stays closed: ${await status()}`);
  await page.locator(".statusbar-item", { hasText: "ready" }).first().click();
  await until(async () => page.frames().some((frame) => frame.url().includes("webview")) && (await page.locator(".tab", { hasText: "Plan for" }).count()), "the plan beside");
  await page.waitForTimeout(2500);
  await picture("3-plan");
}

async function answer() {
  await palette("View: Close All Editors");
  await page.waitForTimeout(500);
  const keep = page.locator("text=Don't Save").first();
  if (await keep.isVisible().catch(() => false)) await keep.click();
  await page.waitForTimeout(500);
  await open("win-4003/site.yaml");
  await until(status, "a verdict");
  await page.locator(".editor-instance .view-lines").first().click();
  let offered = false;
  for (let at = 0; at < 12 && !offered; at++) {
    await page.keyboard.press("F8");
    await page.waitForTimeout(500);
    await page.keyboard.press("Escape");
    await page.keyboard.press("Control+.");
    await page.waitForTimeout(1200);
    offered = (await page.locator(".action-widget", { hasText: "Answer" }).count()) > 0;
    if (!offered) await page.keyboard.press("Escape");
  }
  expect(offered, "an answer is offered");
  await picture("4-answer");
  const text = (await page.locator(".action-widget .monaco-list-row.focused").innerText()).trim();
  const written = /`(.*)`/.exec(text)[1];
  await page.keyboard.press("Enter");
  const lines = async () => (await page.locator(".editor-instance .view-lines").first().innerText()).replaceAll("\u00a0", " ");
  await until(async () => (await lines()).includes(written), `${text} writes it`);
  expect((await page.locator(".tab.dirty").count()) > 0, "the answer is not saved");
}

async function rules() {
  await palette("View: Close All Editors");
  await page.waitForTimeout(500);
  const keep = page.locator("text=Don't Save").first();
  if (await keep.isVisible().catch(() => false)) await keep.click();
  await page.waitForTimeout(500);
  await palette("View: Close Panel");
  await open("rules/classic/agent.gate");
  await until(async () => (await page.locator(".view-line span[class*=mtk]").count()) > 50, "colours");
  await page.waitForTimeout(2500);
  await picture("5-rules");
  await page.locator(".editor-instance .view-lines").first().click();
  await goTo(7, 37);
  await page.keyboard.press("Backspace");
  await until(async () => await page.locator(".squiggly-error").count(), "a misspelt field is underlined");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("Control+.");
  await until(async () => await page.locator(".action-widget", { hasText: "Change" }).count(), "its correction is offered");
  await picture("6-correction");
  await page.keyboard.press("Enter");
  await until(async () => (await page.locator(".squiggly-error").count()) === 0, "one key puts it right");
  await goTo(7, 30);
  await palette("Show or Focus Hover");
  await until(async () => await page.locator(".monaco-hover:visible", { hasText: ".registered: bool" }).count(), "a hover with the type");
  await page.keyboard.press("Escape");
  await goTo(7, 37);
  await page.keyboard.type(" and m.azureVm.agent.");
  await until(async () => await page.locator(".suggest-widget:visible", { hasText: "serviceRunning" }).count(), "the fields behind a dot");
  await picture("7-completion");
}

(async () => {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
  page = await (await browser.newContext({ viewport: { width: 1500, height: 950 } })).newPage();
  await page.goto(`http://127.0.0.1:${port}/?folder=${encodeURIComponent(estate)}`);
  await page.waitForSelector(".monaco-workbench", { timeout: 60000 });
  await page.locator(".explorer-folders-view .monaco-list-row").first().waitFor({ timeout: 60000 });
  await description();
  await answer();
  await rules();
  await browser.close();
  process.exit(0);
})().catch(async (error) => {
  console.error(String(error).split("\n")[0]);
  if (page) await picture("failed").catch(() => {});
  process.exit(1);
});
