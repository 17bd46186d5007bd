/// A full-text search over columns of one table.
public protocol FullTextSearch: AnyObject {
  /// Creates an index over text columns, keeps it in step with the table from then on, and returns
  /// the indexed columns. An index over the same columns is built anew.
  ///
  /// Throws `conflict` when the table has one over other columns, `notFound` for a column that the
  /// table lacks, `unavailable` for a table that cannot have one.
  func createIndex(_ request: SearchIndexRequest) throws(AdapterError) -> [String]
  /// Throws `notFound` when the table has none.
  func dropIndex(table: TableName) throws(AdapterError)
  /// Pushes the columns of each matching row, best first, then `rank` (higher is better) and
  /// `snippet`.
  ///
  /// Throws `notFound` without an index, `failed` for a malformed query.
  func search(_ request: SearchRequest, into sink: any RowSink) throws(AdapterError)
}

public struct SearchIndexRequest: Equatable, Sendable {
  public var table: TableName
  /// Empty: all text columns.
  public var columns: [String]
  /// How the backend cuts text into words, by its own name; nil: its usual way.
  public var tokenizer: String?

  public init(table: TableName, columns: [String] = [], tokenizer: String? = nil) {
    self.table = table
    self.columns = columns
    self.tokenizer = tokenizer
  }
}

public struct SearchRequest: Equatable, Sendable {
  public enum Query: Equatable, Sendable {
    /// As people type it into a search box.
    case words(SearchWords)
    /// The backend's own query language.
    case native(String)
  }

  public var table: TableName
  public var query: Query
  /// Only matches in these columns count; empty: all indexed ones.
  public var columns: [String]
  /// nil: no limit.
  public var limit: Int?
  /// Text put around matches in snippets.
  public var highlight: Highlight

  public struct Highlight: Equatable, Sendable {
    public var open: String
    public var close: String

    public init(open: String, close: String) {
      self.open = open
      self.close = close
    }
  }

  public init(
    table: TableName, query: Query, columns: [String] = [], limit: Int? = nil,
    highlight: Highlight = Highlight(open: "[", close: "]")
  ) {
    self.table = table
    self.query = query
    self.columns = columns
    self.limit = limit
    self.highlight = highlight
  }
}

extension AdapterError {
  /// What an index complains of while the statement around the query runs, as an error of the query;
  /// any other as it is.
  public var ofSearch: AdapterError {
    guard kind == .failed else { return self }
    var error = self
    error.message = "cannot search: \(message)"
    error.position = nil
    error.details = []
    error.hint = "put words with punctuation in double quotes, or leave out --syntax native"
    return error
  }
}
