//! The manual pages of the shipped rules, which are their tests.

use failback::packs;
use failback::spec;
use failback::spec::page::Page;

#[test]
fn shipped_pages_hold() {
    let mut report = String::new();
    let (mut passed, mut failed) = (0, 0);
    for pack in packs::shipped() {
        let own = |(name, text): (&str, &str)| (name.to_owned(), text.to_owned());
        let rules: Vec<(String, String)> = pack.rules().map(own).collect();
        let pages: Vec<Page> = pack.pages().map(|(name, text)| Page::parse(name, text)).collect();
        let results = spec::run(&pages, &rules);
        for error in &results.errors {
            report.push_str(&format!("{error}\n"));
            failed += 1;
        }
        for case in &results.cases {
            if case.passed() {
                passed += 1;
                continue;
            }
            failed += 1;
            let rule = case.rule.as_deref().unwrap_or("all rules");
            report.push_str(&format!("{}:{}: {rule}\n", case.page, case.line));
            for problem in &case.problems {
                report.push_str(&format!("  {problem}\n"));
            }
        }
    }
    println!("{passed} passed, {failed} failed");
    assert!(failed == 0, "{report}{passed} passed, {failed} failed");
    assert!(passed > 0, "no page has a case");
}
