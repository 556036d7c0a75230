//! Just enough HTML to use a form as a browser does.

/// Names and values of the hidden fields in the form that is sent to `action`.
pub(crate) fn hidden_fields(page: &str, action: &str) -> Vec<(String, String)> {
    let form = page
        .split("<form")
        .skip(1)
        .find(|form| {
            let tag = form.split('>').next().unwrap_or_default();
            attribute(tag, "action").as_deref() == Some(action)
        })
        .unwrap_or_else(|| panic!("no form is sent to {action}: {page}"));
    let form = form.split("</form>").next().unwrap_or_default();
    form.split("<input")
        .skip(1)
        .map(|input| input.split('>').next().unwrap_or_default())
        .filter(|tag| attribute(tag, "type").as_deref() == Some("hidden"))
        .filter_map(|tag| Some((attribute(tag, "name")?, attribute(tag, "value")?)))
        .collect()
}

/// The value of an attribute within a tag.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = tag.find(&format!(" {name}=\""))? + name.len() + 3;
    let value = tag[start..].split('"').next()?;
    let decoded = [("&#34;", "\""), ("&#39;", "'"), ("&#60;", "<"), ("&#62;", ">"), ("&#38;", "&")];
    Some(decoded.iter().fold(value.to_owned(), |text, (code, sign)| text.replace(code, sign)))
}

/// What a reader sees of a page, in one line.
pub(crate) fn text(page: &str) -> String {
    let pieces = page.split('<').map(|piece| piece.split_once('>').map_or(piece, |(_, text)| text));
    let words = pieces.flat_map(str::split_whitespace).collect::<Vec<_>>();
    words.join(" ").replace(" ,", ",")
}
