//! Finds what T-SQL refuses and Rust lets pass: a Bool that stands as a condition without being compared.

/// The terms of conditions that are values: `[things].[flag]`, where T-SQL wants `[things].[flag] = 1`.
///
/// Reads what Diesel writes for SQL Server, with or without ` -- binds` at its end; it is no parser of T-SQL.
pub fn bare_conditions(sql: &str) -> Vec<String> {
    let words = words(sql);
    let mut bare = Vec::new();
    // Of every CASE that is open: whether conditions follow its WHENs.
    let mut cases = Vec::new();
    for (at, word) in words.iter().enumerate() {
        let rest = &words[at + 1..];
        let begins_condition = match word.as_str() {
            "WHERE" | "HAVING" | "ON" => true,
            "CASE" => {
                cases.push(rest.first().is_some_and(|next| next == "WHEN"));
                false
            }
            "END" => {
                cases.pop();
                false
            }
            "WHEN" => cases.last().copied().unwrap_or_default(),
            _ => false,
        };
        if begins_condition {
            look_at_condition(condition(rest), &mut bare);
        }
    }
    bare
}

/// Words, names with their brackets and points, numbers, texts and signs; keywords in capitals.
fn words(sql: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = sql.trim_start();
    while let Some(first) = rest.chars().next() {
        if rest.starts_with("--") {
            rest = rest.split_once('\n').map_or("", |(_, next)| next).trim_start();
            continue;
        }
        let length = match first {
            '[' => name_length(rest),
            '\'' => quoted_length(rest, '\''),
            'N' if rest.starts_with("N'") => 1 + quoted_length(&rest[1..], '\''),
            '@' | '_' | '0'..='9' => length_while(rest, |c| c.is_alphanumeric() || "@_.".contains(c)),
            c if c.is_alphabetic() => length_while(rest, |c| c.is_alphanumeric() || c == '_'),
            '<' | '>' | '!' => length_while(rest, |c| "<>=!".contains(c)),
            c => c.len_utf8(),
        };
        let word = &rest[..length];
        let is_keyword = first.is_alphabetic() && !word.contains('\'');
        words.push(if is_keyword { word.to_uppercase() } else { word.to_owned() });
        rest = rest[length..].trim_start();
    }
    words
}

fn length_while(text: &str, is_part: impl Fn(char) -> bool) -> usize {
    text.find(|c| !is_part(c)).unwrap_or(text.len())
}

/// A text or name in quotes ends at a single closing quote; two of them are one of its characters.
fn quoted_length(text: &str, close: char) -> usize {
    let mut length = 1;
    while let Some(end) = text[length..].find(close) {
        length += end + 1;
        if !text[length..].starts_with(close) {
            return length;
        }
        length += 1;
    }
    text.len()
}

/// `[schema].[table].[column]`.
fn name_length(text: &str) -> usize {
    let mut length = quoted_length(text, ']');
    while text[length..].starts_with(".[") {
        length += 1 + quoted_length(&text[length + 1..], ']');
    }
    length
}

/// Each word that stands in no parentheses and in no CASE, with its place.
fn outermost(words: &[String]) -> impl Iterator<Item = (usize, &str)> {
    let mut depth = 0_usize;
    words.iter().map(String::as_str).enumerate().filter(move |(_, word)| {
        if matches!(*word, ")" | "END") {
            depth = depth.saturating_sub(1);
        }
        let is_outside = depth == 0;
        if matches!(*word, "(" | "CASE") {
            depth += 1;
        }
        is_outside
    })
}

/// The words of a condition, up to what cannot belong to it.
fn condition(words: &[String]) -> &[String] {
    let mut depth = 0_i32;
    let end = words.iter().position(|word| {
        match word.as_str() {
            "(" | "CASE" => depth += 1,
            ")" | "END" => depth -= 1,
            _ => {}
        }
        depth < 0 || depth == 0 && ends_condition(word)
    });
    &words[..end.unwrap_or(words.len())]
}

fn ends_condition(word: &str) -> bool {
    matches!(
        word,
        ";" | "WHERE"
            | "GROUP"
            | "HAVING"
            | "ORDER"
            | "OFFSET"
            | "UNION"
            | "EXCEPT"
            | "INTERSECT"
            | "INNER"
            | "LEFT"
            | "RIGHT"
            | "FULL"
            | "CROSS"
            | "JOIN"
            | "THEN"
            | "ELSE"
            | "FOR"
            | "OPTION"
    )
}

fn look_at_condition(words: &[String], bare: &mut Vec<String>) {
    for term in terms(words) {
        let negations = term.iter().take_while(|word| *word == "NOT").count();
        let term = &term[negations..];
        if let Some(inner) = in_parentheses(term) {
            look_at_condition(inner, bare);
        } else if !is_predicate(term) {
            bare.push(term.join(" "));
        }
    }
}

/// What stands between the outermost ANDs and ORs; the AND of a BETWEEN is none of them.
fn terms(words: &[String]) -> Vec<&[String]> {
    let mut terms = Vec::new();
    let (mut begin, mut is_between) = (0, false);
    for (at, word) in outermost(words) {
        match word {
            "BETWEEN" => is_between = true,
            "AND" if is_between => is_between = false,
            "AND" | "OR" => {
                terms.push(&words[begin..at]);
                begin = at + 1;
            }
            _ => {}
        }
    }
    terms.push(&words[begin..]);
    terms
}

/// What stands in the parentheses that are all of a term, unless it is a query.
fn in_parentheses(term: &[String]) -> Option<&[String]> {
    let outside: Vec<&str> = outermost(term).map(|(_, word)| word).collect();
    let inner = term.get(1..term.len().checked_sub(1)?)?;
    (outside == ["(", ")"] && inner.first()? != "SELECT").then_some(inner)
}

fn is_predicate(term: &[String]) -> bool {
    outermost(term).any(|(_, word)| {
        matches!(
            word,
            "=" | "<>" | "!=" | "<" | ">" | "<=" | ">=" | "IS" | "IN" | "BETWEEN" | "LIKE" | "EXISTS"
        )
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_compared_is_a_condition() {
        for sql in [
            "SELECT [a] FROM [t] WHERE [a] = @P1 AND NOT ([b] <> 2 OR [c] IS NOT NULL)",
            "SELECT [a] FROM [t] WHERE ([a] BETWEEN @P1 AND @P2) AND ([b] NOT BETWEEN 1 AND 2)",
            "SELECT [a] FROM [t] WHERE [a] NOT IN (1, 2) AND [b] LIKE N'it''s AND' ESCAPE '!'",
            "SELECT [a] FROM [t] WHERE EXISTS (SELECT 1 FROM [u]) AND NOT (EXISTS (SELECT 1 FROM [u]))",
            "SELECT [a] FROM [t] WHERE (([a] + @P1) * 2) >= LEN([b]) GROUP BY [a] HAVING COUNT(*) > 3",
            "SELECT CASE [a] WHEN 1 THEN [b] ELSE [c] END FROM [t]",
            "SELECT CASE WHEN [a] = 1 THEN [b] ELSE [c] END FROM [t] WHERE 1=0 -- AND [d]",
            "SELECT [a] FROM [t] WHERE CASE WHEN [a] = 1 THEN [b] END = 3 ORDER BY [a]",
            "SELECT [a AND [b]]] FROM ([t] INNER JOIN [u] ON ([t].[a] = [u].[a])) WHERE [a AND [b]]] = 1",
            "SELECT [where], [on] FROM [case] ORDER BY [when]",
        ] {
            assert_eq!(bare_conditions(sql), [""; 0], "{sql}");
        }
    }

    #[test]
    fn what_is_not_compared_is_none() {
        for (sql, found) in [
            ("SELECT [a] FROM [t] WHERE [t].[b]", "[t].[b]"),
            ("SELECT [a] FROM [t] WHERE @P1 ORDER BY [a]", "@P1"),
            ("SELECT [a] FROM [t] WHERE ((NOT ([b])))", "[b]"),
            ("SELECT [a] FROM [t] WHERE [a] = (SELECT 1 FROM [u] WHERE [c])", "[c]"),
            ("SELECT [a] FROM [t] WHERE (SELECT [c] FROM [u]) OR [a] IS NULL", "( SELECT [c] FROM [u] )"),
            ("SELECT [a] FROM [t] WHERE [a] BETWEEN 1 AND 2 AND [b]", "[b]"),
            ("SELECT [a] FROM [t] WHERE CASE WHEN [a] = 1 THEN [b] END", "CASE WHEN [a] = 1 THEN [b] END"),
            ("SELECT CASE WHEN [b] THEN 1 ELSE 0 END FROM [t]", "[b]"),
            ("SELECT [a] FROM [t] LEFT OUTER JOIN [u] ON [b] WHERE [a] = 1", "[b]"),
            ("SELECT [a] FROM [t] GROUP BY [a] HAVING MAX([b])", "MAX ( [b] )"),
            ("DELETE FROM [t] WHERE [it]]s = 1]", "[it]]s = 1]"),
        ] {
            assert_eq!(bare_conditions(sql), [found], "{sql}");
        }
    }

    /// A condition, and how many of its terms are bare.
    fn any_condition() -> impl Strategy<Value = (String, usize)> {
        let sound = prop::sample::select(vec![
            "[a] = @P1",
            "[a] IS NOT NULL",
            "[a] BETWEEN @P1 AND @P2",
            "EXISTS (SELECT 1 FROM [u] WHERE [b] > 3)",
            "[a] IN (@P1, @P2)",
            "LEN([a]) <= ([b] + 1)",
            "CASE WHEN [a] > 1 OR [b] > 2 THEN 1 ELSE 0 END = 1",
        ]);
        let bare = prop::sample::select(vec!["[t].[flag]", "@P1", "ISNULL([a], 1)", "([a] + 1)"]);
        let leaf = prop_oneof![
            sound.prop_map(|term| (term.to_owned(), 0)),
            bare.prop_map(|term| (term.to_owned(), 1)),
        ];
        leaf.prop_recursive(4, 24, 2, |inner| {
            let two = (inner.clone(), inner.clone(), prop::sample::select(vec!["AND", "OR"]));
            prop_oneof![
                two.prop_map(|((a, m), (b, n), word)| (format!("({a} {word} {b})"), m + n)),
                inner.clone().prop_map(|(a, n)| (format!("({a})"), n)),
                inner.prop_map(|(a, n)| (format!("NOT ({a})"), n)),
            ]
        })
    }

    proptest! {
        #[test]
        fn as_many_are_found_as_there_are((condition, bare) in any_condition()) {
            let sql = format!("SELECT [a] FROM [t] WHERE {condition} ORDER BY [a]");
            prop_assert_eq!(bare_conditions(&sql).len(), bare, "{}", sql);
        }
    }
}
