//! Prometheus' older text format (0.0.4), made of the newer one.

/// The same with counters described by their whole name, and without the end mark: all that differs here.
pub(super) fn older(text: &str) -> String {
    let counter = |line: &str| Some(line.strip_prefix("# TYPE ")?.strip_suffix(" counter")?.to_owned());
    let counters: Vec<String> = text.lines().filter_map(counter).collect();
    let described = |line: &str| line.strip_prefix("# ")?.split(' ').nth(1).map(str::to_owned);
    let lines = text.lines().filter(|line| *line != "# EOF").map(|line| match described(line) {
        Some(name) if counters.contains(&name) => line.replacen(&name, &format!("{name}_total"), 1) + "\n",
        _ => format!("{line}\n"),
    });
    lines.collect()
}
