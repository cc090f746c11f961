//! Device, system and browser from a user agent.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// What a user agent says of itself; absent where it does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Agent {
    /// `desktop`, `mobile` or `tablet`.
    pub(crate) device: Option<&'static str>,
    /// Operating system.
    pub(crate) os: Option<&'static str>,
    /// Browser.
    pub(crate) browser: Option<&'static str>,
}

/// Longest user agent that is looked at, in bytes; what is longer is no browser's.
const LONGEST: usize = 1024;
/// User agents remembered; then the memory begins anew.
const REMEMBERED: usize = 4096;

/// Reads user agents and remembers what they said: there are few, and reading one costs dozens of patterns.
#[derive(Debug, Clone, Default)]
pub(crate) struct Agents {
    known: Arc<Mutex<HashMap<Box<str>, Agent>>>,
}

impl Agents {
    pub(crate) fn read(&self, text: &str) -> Agent {
        if text.len() > LONGEST {
            return Agent::default();
        }
        if let Some(agent) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(text) {
            return *agent;
        }
        // Read outside the lock: two requests may read the same text once each, none waits for patterns.
        let agent = read(text);
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(text.into(), agent);
        agent
    }
}

fn read(text: &str) -> Agent {
    // woothee borrows its answers from its own tables, but their type names the text's lifetime: hence the match.
    let parser = woothee::parser::Parser::new();
    let Some(found) = parser.parse(text) else { return Agent::default() };
    let device = match found.category {
        // An iPad and an Android device that does not say "Mobile" are tablets; woothee calls both smartphones.
        "smartphone" if found.os == "iPad" || is_android_tablet(text) => Some("tablet"),
        "smartphone" | "mobilephone" => Some("mobile"),
        "pc" => Some("desktop"),
        _ => None,
    };
    Agent { device, os: system(found.os), browser: browser(found.name) }
}

fn is_android_tablet(text: &str) -> bool {
    text.contains("Android") && !text.contains("Mobile")
}

/// One name for each system, without its version.
fn system(name: &str) -> Option<&'static str> {
    match name {
        "UNKNOWN" | "" => None,
        name if name.starts_with("Windows Phone") => Some("Windows Phone"),
        name if name.starts_with("Windows") => Some("Windows"),
        "Mac OSX" | "Mac OS Classic" => Some("macOS"),
        "iPhone" | "iPad" | "iPod" | "iOS" => Some("iOS"),
        "Android" => Some("Android"),
        "Linux" => Some("Linux"),
        "ChromeOS" => Some("ChromeOS"),
        "BSD" => Some("BSD"),
        _ => Some("other"),
    }
}

/// One name for each browser.
fn browser(name: &str) -> Option<&'static str> {
    match name {
        "UNKNOWN" | "" => None,
        "Chrome" => Some("Chrome"),
        "Firefox" => Some("Firefox"),
        "Safari" | "Mobile Safari" => Some("Safari"),
        "Edge" => Some("Edge"),
        "Internet Explorer" => Some("Internet Explorer"),
        "Opera" => Some("Opera"),
        "Vivaldi" => Some("Vivaldi"),
        "SamsungBrowser" | "Samsung Browser" => Some("Samsung Internet"),
        "Yandex Browser" | "YaBrowser" => Some("Yandex Browser"),
        "Webview" => Some("WebView"),
        _ => Some("other"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, device: &str, os: &str, browser: &str) {
        let expected = Agent {
            device: [Some("desktop"), Some("mobile"), Some("tablet")].into_iter().flatten().find(|d| *d == device),
            ..Agent::default()
        };
        let agent = Agents::default().read(text);
        assert_eq!((agent.device, agent.os, agent.browser), (expected.device, Some(os), Some(browser)), "{text}");
    }

    #[test]
    fn the_common_browsers_are_told_apart() {
        let chrome = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0";
        check(
            &format!("Mozilla/5.0 (Windows NT 10.0; Win64; x64) {chrome} Safari/537.36"),
            "desktop",
            "Windows",
            "Chrome",
        );
        let edge = format!("Mozilla/5.0 (Windows NT 10.0; Win64; x64) {chrome} Safari/537.36 Edg/126.0.0.0");
        check(&edge, "desktop", "Windows", "Edge");
        let phone = format!("Mozilla/5.0 (Linux; Android 14; Pixel 8) {chrome} Mobile Safari/537.36");
        check(&phone, "mobile", "Android", "Chrome");
        check(
            &format!("Mozilla/5.0 (Linux; Android 14; SM-X200) {chrome} Safari/537.36"),
            "tablet",
            "Android",
            "Chrome",
        );
        let safari = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5";
        let mac = format!("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {safari} Safari/605.1.15");
        check(&mac, "desktop", "macOS", "Safari");
        let iphone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X)";
        check(&format!("{iphone} {safari} Mobile/15E148 Safari/604.1"), "mobile", "iOS", "Safari");
        let ipad = "Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X)";
        check(&format!("{ipad} {safari} Mobile/15E148 Safari/604.1"), "tablet", "iOS", "Safari");
        let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0";
        check(firefox, "desktop", "Linux", "Firefox");
    }

    #[test]
    fn what_is_no_browser_says_nothing() {
        for text in ["", "curl/8.5.0", &"x".repeat(5_000)] {
            assert_eq!(Agents::default().read(text).device, None, "{text:.40}");
        }
    }

    #[test]
    fn the_memory_is_bounded() {
        let agents = Agents::default();
        for number in 0..REMEMBERED + 10 {
            agents.read(&format!("curl/{number}"));
        }
        assert!(agents.known.lock().unwrap().len() <= REMEMBERED);
    }
}
