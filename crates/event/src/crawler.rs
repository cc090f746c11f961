//! Programs that walk through pages, told by their user agents.

/// What the user agents of known crawlers contain, in lower case; each as its operator documents it:
/// developers.google.com/crawling (googlebot, google-inspectiontool, storebot-google, mediapartners-google, adsbot-google),
/// bing.com/webmasters (bingbot, adidxbot), duckduckgo.com/duckduckgo-help-pages (duckduckbot), yandex.com/support (yandexbot),
/// support.apple.com/119829 (applebot), baidu.com (baiduspider), help.yahoo.com (slurp), developers.facebook.com/docs/sharing
/// (facebookexternalhit, meta-externalagent), linkedin.com (linkedinbot), developer.x.com (twitterbot), platform.openai.com/docs/bots
/// (gptbot, oai-searchbot), support.anthropic.com (claudebot), docs.perplexity.ai (perplexitybot), commoncrawl.org (ccbot),
/// developer.amazon.com/amazonbot (amazonbot), webmaster.petalsearch.com (petalbot), bytedance (bytespider), ahrefs.com/robot
/// (ahrefsbot), semrush.com/bot (semrushbot), mj12bot.com (mj12bot), seznam.cz (seznambot).
const TOKENS: &[&str] = &[
    "googlebot",
    "google-inspectiontool",
    "storebot-google",
    "mediapartners-google",
    "adsbot-google",
    "bingbot",
    "adidxbot",
    "duckduckbot",
    "yandexbot",
    "applebot",
    "baiduspider",
    "yahoo! slurp",
    "facebookexternalhit",
    "meta-externalagent",
    "linkedinbot",
    "twitterbot",
    "gptbot",
    "oai-searchbot",
    "claudebot",
    "perplexitybot",
    "ccbot/",
    "amazonbot",
    "petalbot",
    "bytespider",
    "ahrefsbot",
    "semrushbot",
    "mj12bot",
    "seznambot",
];

/// Whether a user agent is that of a known crawler.
#[must_use]
pub fn is_crawler(user_agent: &str) -> bool {
    let text = user_agent.to_ascii_lowercase();
    TOKENS.iter().any(|token| text.contains(token))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crawlers_are_told_from_browsers() {
        for crawler in [
            "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
            "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
            "CCBot/2.0 (https://commoncrawl.org/faq/)",
        ] {
            assert!(is_crawler(crawler), "{crawler}");
        }
        for browser in [
            "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
            "Mozilla/5.0 (Linux; Android 14; CUBOT KINGKONG) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile Safari/537.36",
            "curl/8.5.0",
            "",
        ] {
            assert!(!is_crawler(browser), "{browser}");
        }
    }
}
