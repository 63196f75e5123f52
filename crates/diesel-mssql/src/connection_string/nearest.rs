//! Which known word somebody may have meant.

/// The most similar of some words, if any is similar at all (Damerau and Levenshtein's distance).
pub(super) fn nearest(word: &str, known: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    known
        .map(|one| (strsim::normalized_damerau_levenshtein(&word.to_lowercase(), &one.to_lowercase()), one))
        .filter(|(similarity, _)| *similarity > 0.4)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, one)| one)
}
