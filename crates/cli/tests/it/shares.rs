//! A share of a running server shows the figures of its filters, and no others.

use serde_json::json;

use crate::{
    figures::golden_pieces,
    server::{Directory, Visitor},
};

const WEEK: &str = "2026-03-23..2026-03-29";

#[test]
fn a_share_shows_the_figures_of_its_filters_to_whoever_has_its_link() {
    let directory = Directory::new();
    let server = directory.start();
    let key = directory.project("golden");
    let piece = golden_pieces(&directory.data(), 1).remove(0);
    directory.succeed(&["import", piece.to_str().unwrap(), "--key", &key]);
    server.answered("/api/v1/query?metric=escalation_rate&r=7d", &key);
    let total = |filter: &str| {
        let answer = server.answered(&format!("/api/v1/query?metric=messages_total&r={WEEK}{filter}"), &key);
        answer["results"][0]["total"]["value"].as_f64().unwrap()
    };
    let (kept, whole) = (total("&f=channel:is:web"), total(""));
    assert!(kept > 0.0 && kept < whole, "{kept} of {whole}");
    let wanted = json!({"page": "overview", "range": WEEK, "filters": ["channel:is:web"]});
    let (status, share) = server.post("/api/v1/projects/golden/shares", &directory.admin_key(), &wanted);
    assert_eq!(status, 201, "{share}");
    let link = share["link"].as_str().unwrap();
    let nobody = Visitor::stranger(&server);
    for more in ["", "?f=channel:is:whatsapp", "?r=90d&env=development&project=other"] {
        let page = nobody.page(&format!("{link}{more}"));
        let shown =
            page.split("data-metric=\"messages_total\" data-value=\"").nth(1).and_then(|rest| rest.split('"').next());
        assert_eq!(shown.unwrap().parse::<f64>().unwrap(), kept, "{more}");
        assert!(!page.contains("did not load") && !page.contains("href=\"/p/"), "{page}");
    }
    let id = share["id"].as_str().unwrap();
    assert_eq!(server.delete(&format!("/api/v1/projects/golden/shares/{id}"), &directory.admin_key()).0, 204);
    assert_eq!(nobody.get(link).0, 404);
}
