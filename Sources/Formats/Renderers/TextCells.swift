import AdapterCore
import Platform

/// The printable texts of cells in one growing piece of memory, with their widths.
final class TextCells {
  struct Cell {
    var start: Int
    var count: Int
    /// Columns it takes on a terminal.
    var width: Int
    var kind: Kind
  }

  enum Kind {
    case null, number, other
  }

  private let arena = OutputBuffer.inMemory()
  private(set) var cells: [Cell] = []

  /// Bytes of all cells' texts.
  var byteCount: Int { arena.byteCount }

  func removeAll() {
    arena.removeAll()
    cells.removeAll(keepingCapacity: true)
  }

  func text(of cell: Cell) -> BorrowedBytes {
    UnsafeBufferPointer(rebasing: arena.collected[cell.start..<cell.start + cell.count])
  }

  func appendNull(_ text: StaticString) { append(.null) { arena.append(text) } }

  func append(_ value: Bool) { append(.other) { CellText.append(value, to: arena) } }

  func append(_ value: Int64) { append(.number) { arena.append(value) } }

  func append(_ value: Double) { append(.number) { CellText.append(value, to: arena) } }

  func append(decimal digits: BorrowedBytes) {
    append(.number) { PrintableText.append(digits, to: arena) }
  }

  func append(text: BorrowedBytes, keepingLineFeeds: Bool) {
    append(.other) {
      PrintableText.append(text, but: keepingLineFeeds ? .lineFeed : [], to: arena)
    }
  }

  func append(bytes: BorrowedBytes) { append(.other) { CellText.appendHex(bytes, to: arena) } }

  private func append(_ kind: Kind, _ write: () -> Void) {
    let start = arena.byteCount
    write()
    let count = arena.byteCount - start
    var cell = Cell(start: start, count: count, width: count, kind: kind)
    // Numbers are ASCII: a column a byte.
    if kind != .number { cell.width = DisplayWidth.of(text(of: cell)) }
    cells.append(cell)
  }
}
