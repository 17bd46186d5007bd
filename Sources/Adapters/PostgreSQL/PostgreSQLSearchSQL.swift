import AdapterCore

/// The statement that asks a search index, and the parts of it.
struct PostgreSQLSearchSQL {
  let table: PostgreSQLSearchedTable
  let index: PostgreSQLSearchedTable.Index
  /// The columns in which matches count.
  let columns: [PostgreSQLSearchedTable.Column]
  /// Whether those are some of the indexed ones only.
  let isLimited: Bool
  /// Whether an index can find anything of the query.
  let isIndexable: Bool
  let dialect: SQLDialect

  /// Keeps a phrase from going on in the next column, and words of two columns from counting as
  /// near: a lexeme that no parser gives, 16 positions behind the column's last.
  private static let gap = "'$:16'::tsvector"

  /// The tsvector of columns. The server must be able to compute it without the session's settings.
  static func vector(
    of columns: [PostgreSQLSearchedTable.Column], _ configuration: String, _ dialect: SQLDialect
  ) -> String {
    columns.map { column in
      let name = dialect.quote(column.name)
      let text = column.isJSON ? name : "\(name)::text"
      return "coalesce(to_tsvector(\(configuration), \(text)), ''::tsvector)"
    }.joined(separator: " || \(gap) || ")
  }

  /// Its parameters: the tsquery, the options of the headline, the limit, and what of the query an
  /// index can find, which is there only for a search in some of the columns.
  ///
  /// Snippets are made of the rows that are left, for they cost most.
  var selection: String {
    let vector =
      isLimited ? Self.vector(of: columns, index.configuration, dialect) : index.expression
    let find = isLimited && isIndexable ? "\(index.expression) @@ $4::tsquery AND " : ""
    let names = table.columns.map { dialect.quote($0.name) }
    let aliases = names.indices.map { "c\($0)" }
    let inner = zip(names, aliases).map { "\($0) AS \($1)" }.joined(separator: ", ")
    let outer = zip(names, aliases).map { "\($1) AS \($0)" }.joined(separator: ", ")
    return """
      SELECT \(outer), score AS rank, \(snippet) AS snippet FROM (
        SELECT \(inner), ts_rank_cd(\(vector), $1::tsquery) AS score, ctid AS place
        FROM \(dialect.quote(table.name))
        WHERE \(find)\(vector) @@ $1::tsquery
        ORDER BY score DESC, place LIMIT $3::bigint) AS found
      ORDER BY score DESC, place
      """
  }

  /// Some 16 words around the matches, from the column that ranks best.
  private var snippet: String {
    let texts = table.columns.indices.filter { columns.contains(table.columns[$0]) }
    let values = texts.enumerated().map { "(\($0), coalesce(c\($1)::text, ''))" }
    let configuration = index.configuration
    return """
      (SELECT ts_headline(\(configuration), v.content, $1::tsquery, $2::text)
        FROM (VALUES \(values.joined(separator: ", "))) AS v (number, content)
        ORDER BY ts_rank_cd(to_tsvector(\(configuration), v.content), $1::tsquery) DESC, v.number
        LIMIT 1)
      """
  }

  /// The options of ts_headline, each value in double quotes, within which a backslash is itself.
  static func headlineOptions(_ highlight: SearchRequest.Highlight) -> String {
    func quoted(_ text: String) -> String { "\"" + doubled("\"", in: text) + "\"" }
    return "MaxWords=16, MinWords=8, StartSel=\(quoted(highlight.open)), "
      + "StopSel=\(quoted(highlight.close))"
  }

  // MARK: Words

  /// Words as an expression of tsquery and the texts of its parameters.
  static func expression(
    _ words: SearchWords, _ configuration: String
  ) -> (sql: String, texts: [String]) {
    var texts: [String] = []
    func parameter(_ text: String) -> String {
      texts.append(text)
      return "$\(texts.count)::text"
    }
    let terms = words.terms.map { term in
      let query = self.query(term, configuration, parameter)
      return term.isExcluded ? "!!(\(query))" : "(\(query))"
    }
    return (terms.joined(separator: " && "), texts)
  }

  private static func query(
    _ term: SearchWords.Term, _ configuration: String, _ parameter: (String) -> String
  ) -> String {
    guard term.isPrefix else {
      return "phraseto_tsquery(\(configuration), \(parameter(term.text)))"
    }
    // to_tsquery would take each word of a phrase for a beginning.
    let words = term.text.split(whereSeparator: \.isWhitespace)
    let last = doubled("'", in: doubled("\\", in: words.last.map(String.init) ?? ""))
    var query = ""
    // Parameters are numbered in the order in which the text names them.
    if words.count > 1 {
      let before = words.dropLast().joined(separator: " ")
      query = "phraseto_tsquery(\(configuration), \(parameter(before))) <-> "
    }
    return query + "to_tsquery(\(configuration), \(parameter("'\(last)':*")))"
  }

  private static func doubled(_ character: Character, in text: String) -> String {
    let parts = text.split(separator: character, omittingEmptySubsequences: false)
    return parts.joined(separator: "\(character)\(character)")
  }
}
