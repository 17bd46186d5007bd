/// The flags of every command that prints records.
public enum OutputFlags {
  public static let output = FlagSpec(
    "output", short: "o", .value(name: "FORMAT"),
    choices: [
      Choice("table", "aligned columns for reading"),
      Choice("csv", "RFC 4180 with a header"),
      Choice("tsv", "tab-separated, escaped as in PostgreSQL's COPY"),
      Choice("json", "one array of objects"),
      Choice("ndjson", "one object a line"),
      Choice("vertical", "one column a line"),
      Choice("markdown", "a table for documents"),
    ],
    group: .output, summary: "Print records in this format",
    details: "See nb help formats.", environment: "NB_OUTPUT",
    defaultText: "table on a terminal, otherwise tsv")

  public static let header = FlagSpec(
    "header", .toggle(negatable: true), group: .output,
    summary: "Print the column names first, or don't",
    environment: "NB_HEADER",
    defaultText: "yes for table, csv and markdown; no for tsv")

  /// Both, in the order of the help.
  public static let all = [output, header]
}
