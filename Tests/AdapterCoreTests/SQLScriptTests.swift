import AdapterCore
import Testing

/// Gives bytes in pieces of a size.
private final class PieceSource: ByteSource {
  private var rest: ArraySlice<UInt8>
  private let size: Int

  init(_ text: String, size: Int) {
    rest = Array(text.utf8)[...]
    self.size = size
  }

  func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
    let piece = rest.prefix(min(size, buffer.count))
    buffer.copyBytes(from: piece)
    rest = rest.dropFirst(piece.count)
    return piece.count
  }
}

/// The statements of a script, each with its data.
private func read(_ text: String, piece: Int, reading: Int = 64) -> [String] {
  let script = SQLScript(
    PieceSource(text, size: piece), dialect: .postgresql, name: "f.sql")
  var found: [String] = []
  do throws(AdapterError) {
    while let statement = try script.next() {
      guard script.hasData else {
        found.append("\(statement.position.line) \(statement.text)")
        continue
      }
      var data: [UInt8] = []
      let line = script.dataLine
      var buffer = [UInt8](repeating: 0, count: reading)
      while true {
        var count = 0
        var failure: AdapterError?
        buffer.withUnsafeMutableBytes { bytes in
          do throws(AdapterError) { count = try script.read(into: bytes) } catch { failure = error }
        }
        if let failure { throw failure }
        guard count > 0 else { break }
        data += buffer[..<count]
      }
      found.append("\(line) " + String(decoding: data, as: UTF8.self))
    }
  } catch {
    found.append("\(error.kind.rawValue) \(error.position?.description ?? ""): \(error.message)")
  }
  return found
}

@Suite struct SQLScriptTests {
  static let cases: [(String, [String])] = [
    ("copy t from stdin;\n1\n2\n\\.\nselect 1;", ["2 1\n2\n", "5 select 1"]),
    ("copy t (a, b)\n  FROM stdin with (format csv);\n\\.\nb", ["3 ", "4 b"]),
    ("COPY t FROM STDIN;\r\na\r\n\\.\r\nb", ["2 a\r\n", "4 b"]),
    // Neither of these lines ends the data.
    (
      "copy t from stdin;\n\\.x\n\\\\.\n x\\.\n\\N\n\\.\nb", ["2 \\.x\n\\\\.\n x\\.\n\\N\n", "7 b"]
    ),
    ("copy t from stdin; -- words;\n;'\n\\.", ["2 ;'\n"]),
    ("copy t to stdout;\nselect 2", ["1 copy t to stdout", "2 select 2"]),
    ("copy t from '/f';\nselect 'from stdin'", ["1 copy t from '/f'", "2 select 'from stdin'"]),
    ("copy t from stdin;\n1\n", ["2 1\n", "data f.sql:3:1: the data of COPY do not end"]),
    ("copy t from stdin;", ["1 ", "data f.sql:1:19: the data of COPY do not end"]),
    ("\\restrict abc\nselect 1;\n\n\\unrestrict abc\n", ["2 select 1"]),
    (
      "select 1;\n\\connect other\nselect 2",
      ["1 select 1", "data f.sql:2:1: \\connect is a command of psql's, not SQL"]
    ),
  ]

  @Test(arguments: cases, [1, 2, 5, 1000])
  func dataFollowTheirStatement(_ given: (String, [String]), piece: Int) {
    // What was read before an error says nothing about where the pieces end.
    let isWhole = !given.1.contains { $0.hasPrefix("data ") }
    for reading in isWhole ? [1, 3, 64] : [64] {
      let found = read(given.0, piece: piece, reading: reading)
      if isWhole {
        #expect(found == given.1)
      } else {
        #expect(found.last == given.1.last)
      }
    }
  }

  @Test func dataThatNobodyReadsAreSkipped() throws {
    let script = SQLScript(
      PieceSource("copy t from stdin;\n1;\n\\.\nselect 1", size: 3), dialect: .postgresql, name: "f"
    )
    #expect(try script.next()?.text == "copy t from stdin")
    #expect(try script.next()?.text == "select 1")
    #expect(try script.next() == nil)
  }

  @Test func aLineOfDataMayBeLargerThanAnyBuffer() {
    let long = String(repeating: "x\\\\", count: 100_000)
    #expect(
      read("copy t from stdin;\n\(long)\n\\.\n", piece: 1000, reading: 700) == ["2 \(long)\n"])
  }
}
