import AdapterCore
import CLI
import Terminal

/// `nb db search`: full-text search, and its index.
enum SearchCommand: Command {
  struct Options {
    enum IndexWork: Equatable {
      case create(SearchIndexRequest)
      case drop
    }

    var target: String
    var table: TableName
    /// Done before the search.
    var indexWork: IndexWork?
    /// nil: nothing is searched.
    var request: SearchRequest?
    var readHost: SQLOpenOptions.ReadHost
    var output: RecordOutputOptions
    var progress: ProgressOptions
  }

  static let createIndex = FlagSpec(
    "create-index", summary: "Create the index, or build it anew, before searching",
    details: """
      Over the columns that --column names, by default all text columns. From then on the index \
      follows every change of the table, whoever makes it.
      """)

  static let dropIndex = FlagSpec("drop-index", summary: "Remove the index")

  static let column = FlagSpec(
    "column", short: "c", .repeated(name: "COLUMN"), completion: .column,
    summary: "Search, or index, this column only")

  static let tokenizer = FlagSpec(
    "tokenizer", .value(name: "NAME"), summary: "How --create-index cuts text into words",
    details: """
      SQLite: unicode61 (words, whatever their case and accents), porter (English word stems: \
      running is run), trigram (any part of a word, of 3 characters and more), ascii. PostgreSQL: \
      a text search configuration, such as simple (words as they are) or english (word stems). \
      MariaDB and MySQL have none to choose.
      """, defaultText: "unicode61, simple")

  static let syntax = FlagSpec(
    "syntax", .value(name: "SYNTAX"),
    choices: [
      Choice("words", "every word must occur"), Choice("native", "the engine's query language"),
    ],
    summary: "How QUERY is read",
    details: """
      Words: every word must occur; "words in quotes" in this order, word* as the beginning of one, \
      -word not at all; nothing else has a meaning. Native, on SQLite: FTS5's AND, OR, NOT, NEAR() \
      and column: filters; on MariaDB and MySQL: boolean mode's +word -word word* "a phrase" ( ) > < ~.
      """, defaultText: "words")

  static let limit = FlagSpec(
    "limit", short: "n", .value(name: "N"), summary: "Print the N best matches",
    defaultText: "all")

  static let highlight = FlagSpec(
    "highlight", .value(name: "OPEN,CLOSE"), summary: "What is put around matches in the snippet",
    defaultText: "[,]")

  static let spec = CommandSpec(
    path: ["db", "search"], summary: "Search a table in full text, best matches first",
    description: [
      """
      Prints the columns of each row that matches, and with them rank (the higher the better) \
      and snippet, some words around the matches.
      """,
      """
      The table needs an index, which --create-index makes. On SQLite it is the FTS5 table \
      TABLE_fts with three triggers; an FTS5 table of your own can be searched as well.
      """,
      """
      On PostgreSQL it is the GIN index TABLE_fts over an expression, known by its comment; the \
      native syntax is to_tsquery's. Writes to the table wait while the index is made.
      """,
      """
      On MariaDB and MySQL it is the FULLTEXT index nb_search of an InnoDB table; another FULLTEXT \
      index of the table is searched as well. Such an index lacks stopwords (the, what, with, …) and \
      words of one or two letters: nb finds them in the rows that the other words leave, and reads \
      the whole table when there are no others. Rows of an open transaction are not found.
      """,
    ],
    arguments: [
      DatabaseFlags.target,
      ArgumentSpec("TABLE", completion: .table, summary: "The table"),
      ArgumentSpec("QUERY", .optional, summary: "What to find; one argument"),
    ],
    flags: [createIndex, dropIndex, column, tokenizer, syntax, limit, highlight]
      + ReadHostFlags.all + OutputFlags.all + ProgressFlags.all,
    examples: [
      Example("nb db search app.db docs --create-index -c title -c body", "Index two columns"),
      Example("nb db search app.db docs 'swift \"full text\" index*'", "Words, a phrase, a prefix"),
      Example("nb db search app.db docs 'title: swift NOT taylor' --syntax native -n 10", "FTS5"),
    ],
    exitStatuses: [
      ExitStatusNote(1, "The query is malformed"), ExitStatusNote(66, "No such table, or no index"),
      ExitStatusNote(73, "--create-index: there is an index over other columns"),
    ])

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> Options {
    let table = TableName(name: invocation.argument(1) ?? "")
    let work = try indexWork(table, invocation)
    let request = try request(table, invocation, isIndexing: work != nil)
    guard work != nil || request != nil else {
      throw AdapterError(
        .usage, "there is nothing to search for", hint: "give QUERY, as one argument")
    }
    if work == .drop, request != nil {
      throw AdapterError(.usage, "--drop-index and QUERY exclude each other")
    }
    return Options(
      target: invocation.argument(0) ?? "", table: table, indexWork: work, request: request,
      readHost: try ReadHostFlags.readHost(invocation),
      output: try RecordOutputOptions(invocation, context),
      progress: try ProgressOptions(invocation, context))
  }

  private static func indexWork(
    _ table: TableName, _ invocation: Invocation
  ) throws(AdapterError) -> Options.IndexWork? {
    let tokenizer = invocation.string(tokenizer)
    switch (invocation.isSet(createIndex), invocation.isSet(dropIndex)) {
    case (true, true):
      throw AdapterError(.usage, "--create-index and --drop-index exclude each other")
    case (true, false):
      return .create(
        SearchIndexRequest(
          table: table, columns: invocation.strings(column), tokenizer: tokenizer))
    case (false, let isDropped):
      guard tokenizer == nil else {
        throw AdapterError(.usage, "--tokenizer needs --create-index")
      }
      return isDropped ? .drop : nil
    }
  }

  private static func request(
    _ table: TableName, _ invocation: Invocation, isIndexing: Bool
  ) throws(AdapterError) -> SearchRequest? {
    guard let text = invocation.argument(2) else { return nil }
    let query: SearchRequest.Query =
      invocation.string(syntax) == "native" ? .native(text) : .words(try SearchWords(text))
    var request = SearchRequest(
      table: table, query: query, columns: isIndexing ? [] : invocation.strings(column),
      limit: try invocation.int(limit, in: 1...Int(Int64.max)))
    if let markers = invocation.string(highlight) {
      let parts = markers.split(separator: ",", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2 else {
        throw AdapterError(
          .usage, "--highlight takes two texts with a comma between, not '\(markers)'",
          hint: "--highlight '<b>,</b>'")
      }
      request.highlight = SearchRequest.Highlight(open: String(parts[0]), close: String(parts[1]))
    }
    return request
  }

  static func run(_ options: Options, _ context: CommandContext) throws(AdapterError) {
    let access: SQLOpenOptions.Access = options.indexWork == nil ? .read : .write
    let database = try context.openDatabase(
      options.target, access, readHost: options.readHost)
    let search = try database.require(database.search, "full-text search")
    switch options.indexWork {
    case .create(let request):
      let progress = context.startProgress(
        "index \(options.table.description)", total: nil, unit: .rows, options.progress)
      let columns = try search.createIndex(request)
      progress.end()
      note("indexed \(columns.joined(separator: ", "))", context)
    case .drop:
      try search.dropIndex(table: options.table)
      note("removed the index of \(options.table.description)", context)
    case nil: break
    }
    if let request = options.request {
      try search.search(request, into: context.makeRowSink(options.output))
    }
  }

  private static func note(_ line: String, _ context: CommandContext) {
    if context.terminal.isTerminal(.errors) { context.operation.note(line) }
  }
}
