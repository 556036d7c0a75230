//! The addresses that failed logins of one source have tried, in one text.

/// Addresses that are named; of further ones it is only said that there are some.
const NAMED: usize = 5;
const BETWEEN: &str = ", ";
const OTHERS: &str = " and others";

/// The addresses that were `tried` before, and `address`. None of them has a comma and a blank in it.
pub fn add_address(tried: &str, address: &str) -> String {
    let named = tried.strip_suffix(OTHERS).unwrap_or(tried);
    let mut all = named.split(BETWEEN).filter(|text| !text.is_empty());
    if all.clone().any(|other| other.eq_ignore_ascii_case(address)) || named != tried {
        tried.to_owned()
    } else if all.clone().count() >= NAMED {
        format!("{tried}{OTHERS}")
    } else if all.next().is_some() {
        format!("{tried}{BETWEEN}{address}")
    } else {
        address.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_address_is_named_once_and_not_too_many() {
        let tried = |addresses: &[&str]| {
            addresses.iter().fold(String::new(), |tried, address| add_address(&tried, address))
        };

        assert_eq!(tried(&["a@x"]), "a@x");
        assert_eq!(tried(&["a@x", "A@X", "b@x", "a@x"]), "a@x, b@x");
        let five = "a@x, b@x, c@x, d@x, e@x";
        let many = ["a@x", "b@x", "c@x", "d@x", "e@x", "f@x", "g@x", "f@x", "a@x"];
        assert_eq!(tried(&many[..5]), five);
        assert_eq!(tried(&many), format!("{five} and others"));
    }
}
