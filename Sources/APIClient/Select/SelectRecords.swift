import AdapterCore
import JSON
import Platform

/// Makes records of what a path leads to, and pushes them into a renderer.
///
/// The fields of a path are the columns. Without them the columns are the members of the objects on the
/// first page (1,000 records or 1 MiB); what is no object has the one column `value`. A renderer of JSON
/// takes each value as it is. The renderer must be done with a cell when the call returns.
public final class SelectRecords: SelectReader.Receiver {
  private static let pageRecords = 1000
  private static let pageBytes = 1 << 20

  private enum Columns {
    /// Not known: the first page is being gathered.
    case unknown
    case fields([SelectPath.Field])
    case members([String])
    case value
    /// Documents in place of rows.
    case none(any DocumentSink)
  }

  private let path: SelectPath
  private let sink: any RowSink
  private let evaluator = SelectEvaluator()
  private let cells: SelectCells
  private var columns = Columns.unknown
  private var hasBegun = false
  /// The first page's values, and where each ends.
  private let page = OutputBuffer.inMemory()
  private var pageEnds: [Int] = []
  /// The members of the record at hand, by column.
  private var row: [BorrowedBytes?] = []
  private let scratch = OutputBuffer.inMemory()

  /// Records so far.
  public private(set) var count = 0
  /// Whether any of them is more than null.
  public private(set) var hasValues = false

  public init(_ path: SelectPath, into sink: any RowSink) {
    self.path = path
    self.sink = sink
    let documents = sink as? any DocumentSink
    cells = SelectCells(sink, keepsNumbers: documents != nil)
    if case .fields(let fields) = path.ending {
      columns = .fields(fields)
    } else if let documents {
      columns = .none(documents)
    } else if case .function = path.ending {
      columns = .value
    }
  }

  // MARK: Records

  public func take(_ value: BorrowedBytes?) throws(AdapterError) {
    count += 1
    switch columns {
    case .unknown: try gather(value)
    default: try push(value)
    }
  }

  /// The records so far are not to wait for more.
  public func release() throws(AdapterError) {
    if case .unknown = columns, !pageEnds.isEmpty { try endFirstPage() }
  }

  /// Writes what is left. To be called once, also after an error.
  public func finish() throws(AdapterError) {
    try release()
    try begin()
    try sink.finish()
  }

  private func begin() throws(AdapterError) {
    guard !hasBegun else { return }
    hasBegun = true
    switch columns {
    case .unknown, .none: try sink.begin(columns: [])
    case .fields(let fields): try sink.begin(columns: fields.map { Column(name: $0.name) })
    case .members(let names): try sink.begin(columns: names.map { Column(name: $0) })
    case .value: try sink.begin(columns: [Column(name: valueName)])
    }
  }

  private var valueName: String {
    guard case .function(let function) = path.ending else { return "value" }
    return function.rawValue
  }

  private func push(_ value: BorrowedBytes?) throws(AdapterError) {
    try begin()
    if value != nil { hasValues = true }
    switch columns {
    case .unknown: break
    case .fields(let fields): try push(fields, of: value)
    case .members(let names): try push(members: names, of: value)
    case .value:
      cells.push(value)
      try sink.endRow()
    case .none(let documents):
      scratch.removeAll()
      if let value { scratch.appendCompactJSON(value) } else { scratch.append("null") }
      try documents.document(scratch.collected)
    }
  }

  private func push(_ fields: [SelectPath.Field], of value: BorrowedBytes?) throws(AdapterError) {
    do throws(AdapterError) {
      for field in fields { try push(field.path, of: value) }
    } catch {
      var error = error
      error.message = "record \(count): \(error.message)"
      throw error
    }
    try sink.endRow()
  }

  private func push(_ path: SelectPath, of value: BorrowedBytes?) throws(AdapterError) {
    if path.namesOneValue {
      return try evaluator.forEach(path, in: value) { cell throws(AdapterError) in
        cells.push(cell)
      }
    }
    scratch.removeAll()
    try ResultValues.appendJSON(path, in: value, evaluator, to: scratch)
    cells.push(scratch.collected)
  }

  // MARK: Members as columns

  private func push(members names: [String], of value: BorrowedBytes?) throws(AdapterError) {
    for index in row.indices { row[index] = nil }
    if let value {
      guard value.first == UInt8(ascii: "{") else { throw mixed(SelectEvaluator.kindName(value)) }
      var expected = 0
      try JSONElements.forEachMember(in: value) { name, member throws(AdapterError) in
        guard let column = column(of: name, in: names, expected: expected) else {
          throw unknownMember(name)
        }
        row[column] = member
        expected = column + 1
        return true
      }
    }
    for cell in row { cells.push(cell) }
    try sink.endRow()
  }

  /// Looked for from the one expected next, as most objects have their members in the same order.
  private func column(of name: BorrowedBytes, in names: [String], expected: Int) -> Int? {
    var index = expected
    for _ in names.indices {
      if index >= names.count { index = 0 }
      if JSONText.isEqual(name, to: names[index]) { return index }
      index += 1
    }
    return nil
  }

  private func unknownMember(_ name: BorrowedBytes) -> AdapterError {
    AdapterError(
      .data,
      "record \(count) has a member \(SelectOutcome.shown(name)) that no record before it has",
      hint: "{a, b} behind the path names the columns; -o ndjson takes records of every shape")
  }

  private func mixed(_ kind: String) -> AdapterError {
    AdapterError(
      .data, "record \(count) is \(kind), and those before it are objects",
      hint: "-o ndjson takes records of every shape")
  }

  // MARK: The first page

  private func gather(_ value: BorrowedBytes?) throws(AdapterError) {
    if let value { page.appendCompactJSON(value) } else { page.append("null") }
    pageEnds.append(page.byteCount)
    // One value that is no object settles that there is one column.
    let isSettled = value.map { $0.first != UInt8(ascii: "{") } ?? false
    if isSettled || pageEnds.count >= Self.pageRecords || page.byteCount >= Self.pageBytes {
      try endFirstPage()
    }
  }

  private func endFirstPage() throws(AdapterError) {
    let ends = pageEnds
    pageEnds = []
    var names: [String] = []
    var known: Set<String> = []
    var hasOthers = false
    try forEachOnPage(ends) { value throws(AdapterError) in
      guard value.first == UInt8(ascii: "{") else {
        if value.first != UInt8(ascii: "n") { hasOthers = true }
        return
      }
      try JSONElements.forEachMember(in: value) { name, _ throws(AdapterError) in
        let text = JSONText.withContent(of: name) { String(decoding: $0, as: UTF8.self) }
        if known.insert(text).inserted { names.append(text) }
        return true
      }
    }
    columns = hasOthers || names.isEmpty ? .value : .members(names)
    row = Array(repeating: nil, count: names.count)
    count -= ends.count
    try forEachOnPage(ends) { value throws(AdapterError) in
      count += 1
      try push(value.first == UInt8(ascii: "n") ? nil : value)
    }
    page.removeAll()
  }

  private func forEachOnPage(
    _ ends: [Int], _ body: (BorrowedBytes) throws(AdapterError) -> Void
  ) throws(AdapterError) {
    var start = 0
    for end in ends {
      try body(UnsafeBufferPointer(rebasing: page.collected[start..<end]))
      start = end
    }
  }
}
