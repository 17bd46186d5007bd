import AdapterCore

/// SQL in one of the dialects, which the first byte chooses: the statements are the same whether
/// the text comes whole or in pieces, and each stands in the text.
@Sendable func fuzzSQL(_ bytes: UnsafeBufferPointer<UInt8>) {
  guard let first = bytes.first else { return }
  let dialects: [SQLDialect] = [.sqlite, .postgresql, .mysql]
  let dialect = dialects[Int(first) % dialects.count]
  let text = UnsafeBufferPointer(rebasing: bytes.dropFirst())
  let whole = statements(of: text, dialect, pieces: text.count)
  let piecewise = statements(of: text, dialect, pieces: 1 + Int(first) / dialects.count % 7)
  precondition(whole.map(\.text) == piecewise.map(\.text), "pieces change the statements")
  precondition(whole.map(\.position) == piecewise.map(\.position), "pieces change the positions")
  for statement in whole where !statement.text.contains("??") { checkPlaceholders(statement.text) }
}

/// What is rewritten has the same placeholders, and is not rewritten again.
private func checkPlaceholders(_ sql: String) {
  let once = PlaceholderText(sql, dialect: .postgresql, style: .dollar)
  let twice = PlaceholderText(once.text, dialect: .postgresql, style: .dollar)
  precondition(twice.text == once.text, "rewriting twice changes \(once.text)")
  precondition(twice.occurrences == once.occurrences, "rewriting loses placeholders")
  precondition(once.originalOffset(ofByte: once.text.utf8.count) == sql.utf8.count)
}

/// The statements up to the first error, the text fed in pieces of so many bytes.
private func statements(
  of text: UnsafeBufferPointer<UInt8>, _ dialect: SQLDialect, pieces size: Int
) -> [SQLText] {
  var splitter = StatementSplitter(dialect: dialect)
  var found: [SQLText] = []
  var rest = text[...]
  do throws(AdapterError) {
    while !rest.isEmpty {
      splitter.append(UnsafeBufferPointer(rebasing: rest.prefix(size)))
      rest = rest.dropFirst(size)
      while let statement = try splitter.next() { found.append(statement) }
    }
    splitter.finish()
    while let statement = try splitter.next() { found.append(statement) }
  } catch {
    precondition([.data, .failed].contains(error.kind), "\(error.kind): \(error.message)")
  }
  return found
}
