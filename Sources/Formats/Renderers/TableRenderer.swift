import AdapterCore
import Platform

/// Writes a table for people: a header, a rule, and a row a line.
///
/// Columns are as wide as the widest cell of the first page (1,000 rows, 100,000 cells or 1 MiB);
/// later rows stream, and a cell wider than its column pushes the rest of its line aside. With a
/// maximum width the widest columns are narrowed until the table fits and their cells cut, marked by
/// `…`; numbers are never cut. Columns of numbers are flush right. Line ends, control characters and
/// bytes that are no text are shown as escapes; NULL is `∅`.
final class TableRenderer: RowSink {
  private static let pageRows = 1000
  private static let pageBytes = 1 << 20
  private static let pageCells = 100_000
  /// With `flushEachRow` the first page ends when its first row has waited this long.
  private static let pagePatience = Duration.milliseconds(200)
  /// Columns are not narrowed below this.
  private static let narrowestColumn = 4

  private let output: OutputBuffer
  private let options: RenderOptions
  private let style: TableStyle
  private let cells = TextCells()
  private var columns: [Column] = []
  private var widths: [Int] = []
  private var isFlushRight: [Bool] = []
  /// Rows in `cells`, while the first page is being collected.
  private var pendingRows = 0
  private var isStreaming = false
  private var pageDeadline: Deadline = .never
  private var hasResultBefore = false

  init(_ output: OutputBuffer, options: RenderOptions) {
    self.output = output
    self.options = options
    style = TableStyle(options)
  }

  func begin(columns: [Column]) throws(AdapterError) {
    self.columns = columns
    cells.removeAll()
    pendingRows = 0
    isStreaming = false
    pageDeadline = .never
  }

  func null() { cells.appendNull(style.null) }
  func bool(_ value: Bool) { cells.append(value) }
  func int(_ value: Int64) { cells.append(value) }
  func double(_ value: Double) { cells.append(value) }
  func decimal(_ digits: BorrowedBytes) { cells.append(decimal: digits) }
  func text(_ utf8: BorrowedBytes) { cells.append(text: utf8, keepingLineFeeds: false) }
  func bytes(_ value: BorrowedBytes) { cells.append(bytes: value) }
  func json(_ document: BorrowedBytes) { cells.append(text: document, keepingLineFeeds: false) }

  func endRow() throws(AdapterError) {
    if isStreaming {
      try writeRows(1)
      return
    }
    pendingRows += 1
    if options.flushEachRow, pendingRows == 1 {
      pageDeadline = .after(TableRenderer.pagePatience)
    }
    if pendingRows == TableRenderer.pageRows || cells.byteCount >= TableRenderer.pageBytes
      || cells.cells.count >= TableRenderer.pageCells || pageDeadline.isPassed
    {
      try writeFirstPage()
    }
  }

  func releaseRows() throws(AdapterError) {
    if !isStreaming, pendingRows > 0 { try writeFirstPage() }
  }

  func finish() throws(AdapterError) {
    if !isStreaming { try writeFirstPage() }
    try output.finishRecords()
  }

  // MARK: Layout

  private func writeFirstPage() throws(AdapterError) {
    isStreaming = true
    if columns.isEmpty { return }
    if hasResultBefore { output.append(UInt8(ascii: "\n")) }
    hasResultBefore = true
    let header = TextCells()
    for column in columns {
      var name = column.name
      name.withUTF8 { header.append(text: $0, keepingLineFeeds: false) }
    }
    isFlushRight = columns.indices.map { isNumeric(column: $0) }
    layOut(header)
    if options.header ?? true {
      writeLine(header, from: 0, isHeader: true)
      writeRule()
    }
    try writeRows(pendingRows)
  }

  /// Whether all values of a column on the first page are numbers; by its type when there are none.
  private func isNumeric(column: Int) -> Bool {
    var hasNumber = false
    for index in stride(from: column, to: cells.cells.count, by: columns.count) {
      switch cells.cells[index].kind {
      case .number: hasNumber = true
      case .other: return false
      case .null: break
      }
    }
    return hasNumber || columns[column].kind.isNumeric
  }

  private func layOut(_ header: TextCells) {
    widths = options.header ?? true ? header.cells.map(\.width) : columns.map { _ in 1 }
    for (index, cell) in cells.cells.enumerated() {
      widths[index % columns.count] = max(widths[index % columns.count], cell.width)
    }
    guard let maximum = options.maximumWidth else { return }
    // A space on both sides of each column, and a line between two.
    let frame = 3 * columns.count - 1
    narrow(to: maximum - frame)
  }

  /// Narrows the widest columns that are no numbers until all take `budget` columns together.
  private func narrow(to budget: Int) {
    let fixed = columns.indices.reduce(0) { $0 + (isFlushRight[$1] ? widths[$1] : 0) }
    let flexible = columns.indices.filter { !isFlushRight[$0] }
    func total(cap: Int) -> Int { flexible.reduce(fixed) { $0 + min(widths[$1], cap) } }
    var cap = flexible.map { widths[$0] }.max() ?? 0
    while cap > TableRenderer.narrowestColumn, total(cap: cap) > budget { cap -= 1 }
    for index in flexible { widths[index] = min(widths[index], cap) }
  }

  // MARK: Lines

  private func writeRows(_ count: Int) throws(AdapterError) {
    if columns.isEmpty { return }
    for row in 0..<count {
      writeLine(cells, from: row * columns.count, isHeader: false)
      try output.endRecord(flush: options.flushEachRow && row == count - 1)
    }
    cells.removeAll()
  }

  private func writeLine(_ row: TextCells, from first: Int, isHeader: Bool) {
    for column in columns.indices {
      if column > 0 { output.append(style.separator) }
      output.append(UInt8(ascii: " "))
      write(row.cells[first + column], of: row, in: column, isHeader: isHeader)
    }
    output.append(UInt8(ascii: "\n"))
  }

  private func write(_ cell: TextCells.Cell, of row: TextCells, in column: Int, isHeader: Bool) {
    var text = row.text(of: cell)
    var width = cell.width
    let isCut = width > widths[column] && options.maximumWidth != nil && cell.kind != .number
    if isCut {
      let prefix = DisplayWidth.prefix(of: text, columns: widths[column] - 1)
      text = UnsafeBufferPointer(rebasing: text[..<prefix.byteCount])
      width = prefix.width + 1
    }
    let padding = max(0, widths[column] - width)
    let isLast = column == columns.count - 1
    if isFlushRight[column] { pad(padding) }
    let emphasis = isHeader ? style.headerStart : cell.kind == .null ? style.nullStart : ""
    output.append(emphasis)
    output.append(text)
    if isCut { output.append(style.cutMark) }
    if emphasis.utf8CodeUnitCount > 0 { output.append(style.reset) }
    // No spaces at the end of a line.
    if !isLast { pad(isFlushRight[column] ? 1 : padding + 1) }
  }

  private func writeRule() {
    output.append(style.lineStart)
    for column in columns.indices {
      if column > 0 { output.append(style.crossing) }
      for _ in 0..<widths[column] + 2 { output.append(style.rule) }
    }
    output.append(style.lineEnd)
    output.append(UInt8(ascii: "\n"))
  }

  private func pad(_ count: Int) {
    for _ in 0..<count { output.append(UInt8(ascii: " ")) }
  }
}
