/// A line and column in a UTF-8 text, moved forward over its bytes; both count from 1, the column
/// in Unicode scalars.
struct TextPosition: Equatable {
  var line = 1
  var column = 1

  mutating func advance(over bytes: BorrowedBytes) {
    var tail = bytes
    if let newline = bytes.lastIndex(of: UInt8(ascii: "\n")) {
      // Counting in a plain loop lets the compiler use vector instructions.
      var lines = 0
      for byte in bytes[...newline] { lines &+= byte == UInt8(ascii: "\n") ? 1 : 0 }
      line += lines
      column = 1
      tail = UnsafeBufferPointer(rebasing: bytes[(newline + 1)...])
    }
    var scalars = 0
    for byte in tail { scalars &+= byte & 0xC0 == 0x80 ? 0 : 1 }
    column += scalars
  }

  func inFile(_ file: String?) -> SourcePosition {
    SourcePosition(file: file, line: line, column: column)
  }
}
