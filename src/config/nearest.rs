//! Which known name somebody may have meant.

/// The most similar of some names, if any is similar at all (Damerau and Levenshtein's distance).
pub fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    names
        .map(|one| (strsim::normalized_damerau_levenshtein(&name.to_lowercase(), &one.to_lowercase()), one))
        .filter(|(similarity, _)| *similarity > 0.4)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, one)| one)
}
