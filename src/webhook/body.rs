//! What receivers are sent, in the form that each understands.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::Format;
use crate::domain::calendar::rfc3339;
use crate::domain::mail::webhook_event::WebhookEvent;
use crate::mail::letter::Outline;

/// What a receiver gets.
#[derive(Debug, Clone)]
pub struct Notice {
    /// What happened.
    pub event: WebhookEvent,
    /// When.
    pub at: DateTime<Utc>,
    /// The product's name.
    pub product: String,
    /// The words, for people.
    pub outline: Outline,
    /// The facts, for programs.
    pub data: Map<String, Value>,
}

impl Notice {
    /// The body of a request.
    pub(super) fn body(&self, format: Format) -> String {
        let body = match format {
            Format::Json => self.json(),
            Format::Slack => json!({ "text": self.slack() }),
            Format::Teams => self.teams(),
        };
        body.to_string()
    }

    fn json(&self) -> Value {
        let mut data = self.data.clone();
        data.insert("product".to_owned(), self.product.clone().into());
        data.insert("summary".to_owned(), self.outline.title.clone().into());
        data.insert("link".to_owned(), self.outline.link.1.clone().into());
        json!({ "type": self.event.as_str(), "timestamp": rfc3339(self.at), "data": data })
    }

    fn title(&self) -> String {
        format!("[{}] {}", self.product, self.outline.title)
    }

    /// Text with the markup that Slack and Mattermost have in common.
    fn slack(&self) -> String {
        let Outline { paragraphs, facts, link: (label, url), .. } = &self.outline;
        let title = format!("*{}*", slack_text(&self.title()));
        let facts = facts.iter().map(|(label, value)| format!("{label}: {}", slack_text(value)));
        let facts = facts.collect::<Vec<_>>().join("\n");
        let link = format!("<{url}|{label}>");
        let paragraphs = paragraphs.iter().map(|text| slack_text(text));
        let parts = [title].into_iter().chain(paragraphs).chain([facts, link]);
        parts.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n\n")
    }

    /// The message that a workflow of Teams posts: an Adaptive Card. Its text is in runs, because only
    /// those are shown as they are: names are chosen by others, and could be markup.
    fn teams(&self) -> Value {
        let Outline { paragraphs, facts, link: (label, url), .. } = &self.outline;
        let run = |text: &str, weight: &str, size: &str| json!({ "type": "TextRun", "text": text, "weight": weight, "size": size });
        let bold = |text: &str| run(text, "Bolder", "Default");
        let plain = |text: &str| run(text, "Default", "Default");
        let block = |inlines: Vec<Value>| json!({ "type": "RichTextBlock", "inlines": inlines });
        let title = block(vec![run(&self.title(), "Bolder", "Medium")]);
        let paragraphs = paragraphs.iter().map(|text| block(vec![plain(text)]));
        let facts = facts
            .iter()
            .map(|(label, value)| block(vec![bold(&format!("{label}: ")), plain(value)]));
        let body: Vec<Value> = [title].into_iter().chain(paragraphs).chain(facts).collect();
        json!({
            "type": "message",
            "attachments": [{
                "contentType": "application/vnd.microsoft.card.adaptive",
                "contentUrl": null,
                "content": {
                    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                    "type": "AdaptiveCard",
                    "version": "1.4",
                    "body": body,
                    "actions": [{ "type": "Action.OpenUrl", "title": label, "url": url }],
                },
            }],
        })
    }
}

/// Text in which nothing is a mention or a link: names and callers are chosen by others. What cannot
/// be escaped is parted by a character without width.
fn slack_text(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    escaped.replace('@', "@\u{200b}").replace("](", "]\u{200b}(")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice() -> Notice {
        Notice {
            event: WebhookEvent::Expiring,
            at: "2026-11-19T09:00:00Z".parse().unwrap(),
            product: "Acme & Co".to_owned(),
            outline: Outline {
                title: "SCIM token expires in 15 days, on 4 Dec 2026".to_owned(),
                paragraphs: vec!["By Ada <!channel> @here [x](https://evil.example).".to_owned()],
                facts: vec![("Token ID", "M2C8RDxx".to_owned())],
                link: ("Open Authentication", "https://c.example/admin/authentication".to_owned()),
            },
            data: Map::from_iter([("days".to_owned(), json!(15))]),
        }
    }

    #[test]
    fn json_has_type_time_and_facts() {
        let body: Value = serde_json::from_str(&notice().body(Format::Json)).unwrap();
        let expected = json!({
            "type": "scim_token.expiring",
            "timestamp": "2026-11-19T09:00:00Z",
            "data": {
                "product": "Acme & Co",
                "summary": "SCIM token expires in 15 days, on 4 Dec 2026",
                "link": "https://c.example/admin/authentication",
                "days": 15,
            },
        });
        assert_eq!(body, expected);
    }

    #[test]
    fn chats_get_words_in_which_nothing_is_markup() {
        let body: Value = serde_json::from_str(&notice().body(Format::Slack)).unwrap();
        assert_eq!(
            body["text"],
            "*[Acme &amp; Co] SCIM token expires in 15 days, on 4 Dec 2026*\n\n\
             By Ada &lt;!channel&gt; @\u{200b}here [x]\u{200b}(https://evil.example).\n\n\
             Token ID: M2C8RDxx\n\n\
             <https://c.example/admin/authentication|Open Authentication>"
        );
        let mut bare = notice();
        bare.outline.facts.clear();
        let body: Value = serde_json::from_str(&bare.body(Format::Slack)).unwrap();
        assert!(!body["text"].as_str().unwrap().contains("\n\n\n"), "{body}");
        let body: Value = serde_json::from_str(&notice().body(Format::Teams)).unwrap();
        let card = &body["attachments"][0]["content"];
        assert_eq!(card["type"], "AdaptiveCard");
        assert_eq!(card["body"][2]["inlines"][1]["text"], "M2C8RDxx");
        assert_eq!(card["actions"][0]["url"], "https://c.example/admin/authentication");
    }
}
