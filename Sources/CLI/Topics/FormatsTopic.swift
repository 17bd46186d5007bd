extension HelpTopic {
  static let formats = HelpTopic(
    name: "formats", summary: "How records are printed and read",
    blocks: [
      .paragraph(
        "`-o FORMAT` or NB_OUTPUT choose how records are printed. Without either it is table on a "
          + "terminal and tsv into a pipe or a file."),
      .definitions([
        (
          "table",
          "Aligned columns for reading; control characters are shown escaped on a terminal. "
            + "Columns are sized by the first page of rows, the rest streams."
        ),
        (
          "csv",
          "RFC 4180 with a header. NULL is an empty field, the empty string is `\"\"`."
        ),
        (
          "tsv",
          "The text form of PostgreSQL's COPY: fields separated by tabs; tab, newline and "
            + "backslash are `\\t`, `\\n` and `\\\\`; NULL is `\\N`. Without a header, so that "
            + "`n=$(nb db query app.db 'select count(*) from t')` gives the bare number."
        ),
        ("json", "One array of objects."),
        ("ndjson", "One object a line."),
        ("vertical", "One column a line, for records with many columns."),
        ("markdown", "A table for documents."),
      ]),
      .paragraph(
        "`--header` and `--no-header` overrule what the format does about column names. JSON is "
          + "never coloured."),
      .heading("JSON"),
      .paragraph(
        "Output is valid JSON for every value: 64-bit integers are exact numbers; decimals, "
          + "infinities and NaN are strings; bytes are base64; a column of JSON is nested as it "
          + "is. Keys come in the order selected; a repeated column name becomes `name_2`."),
      .heading("Input"),
      .paragraph(
        "Commands that read records take csv, tsv, ndjson and json, by the file's ending or "
          + "`--format`. CSV may have quoted newlines, a byte order mark, CRLF and another "
          + "delimiter. Faulty records are reported with file and line, status 65."),
      .paragraph(
        "What query prints, load reads back: `query -o csv | load - --format csv`, and the same "
          + "for tsv, ndjson and json. The first line of CSV names the columns. That of TSV does "
          + "so only where it names columns of the table; otherwise its fields are the table's "
          + "columns in their order, as in COPY. A TSV file for a new table needs a header, or "
          + "`--headerless`."),
      .paragraph(
        "Numbers go into number columns exactly, or the record is faulty. Bytes are `\\x` and "
          + "hexadecimal digits, in JSON base64; they are decoded where the column's type is "
          + "BLOB, and stay text elsewhere. In a BLOB column CSV and TSV fields without `\\x` are "
          + "text; wrong digits, and JSON strings that are no base64, are faulty."),
    ])
}
