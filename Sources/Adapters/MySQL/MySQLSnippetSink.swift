import AdapterCore

/// Adds the column `snippet` to the rows of a search.
final class MySQLSnippetSink: RowSink {
  private let next: any RowSink
  private var maker: SearchSnippet
  /// Per column of the rows, whether it is searched.
  private let isSearched: [Bool]
  /// The searched cells of the open row; their bytes stay until its end.
  private var texts: [BorrowedBytes] = []
  private var column = 0
  private var snippet: [UInt8] = []

  init(_ next: any RowSink, _ maker: SearchSnippet, isSearched: [Bool]) {
    self.next = next
    self.maker = maker
    self.isSearched = isSearched
  }

  func begin(columns: [Column]) throws(AdapterError) {
    try next.begin(columns: columns + [Column(name: "snippet", kind: .text)])
  }

  func null() {
    column += 1
    next.null()
  }

  func bool(_ value: Bool) {
    column += 1
    next.bool(value)
  }

  func int(_ value: Int64) {
    column += 1
    next.int(value)
  }

  func double(_ value: Double) {
    column += 1
    next.double(value)
  }

  func decimal(_ digits: BorrowedBytes) {
    column += 1
    next.decimal(digits)
  }

  func text(_ utf8: BorrowedBytes) {
    take(utf8)
    next.text(utf8)
  }

  func bytes(_ value: BorrowedBytes) {
    column += 1
    next.bytes(value)
  }

  func json(_ document: BorrowedBytes) {
    take(document)
    next.json(document)
  }

  private func take(_ text: BorrowedBytes) {
    if column < isSearched.count, isSearched[column] { texts.append(text) }
    column += 1
  }

  func endRow() throws(AdapterError) {
    snippet.removeAll(keepingCapacity: true)
    if !texts.contains(where: { maker.append(of: $0, to: &snippet) }), let first = texts.first {
      _ = maker.append(of: first, to: &snippet, always: true)
    }
    texts.removeAll(keepingCapacity: true)
    column = 0
    var failure: AdapterError?
    snippet.withUnsafeBufferPointer { bytes in
      next.text(bytes)
      do throws(AdapterError) {
        try next.endRow()
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }

  func finish() throws(AdapterError) { try next.finish() }
}
