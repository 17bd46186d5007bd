import AdapterCore
import Formats
import Testing

/// What a renderer writes, the reader of the same format reads back.
@Suite struct RoundTripTests {
  private let names = ["a", "b c", "d\"e,\t\n"]

  private func randomText(_ generator: inout SplitMix64) -> String {
    let alphabet = Array("ab,;|\"\\\t\n\r\u{0}\u{B}\u{1B}Né€😀 '{}[]:")
    let count = Int.random(in: 0..<20, using: &generator)
    return String((0..<count).map { _ in alphabet.randomElement(using: &generator) ?? "x" })
  }

  private func randomRows(_ seed: UInt64, _ cell: (inout SplitMix64) -> Value) -> [[Value]] {
    var generator = SplitMix64(seed: seed)
    return (0..<500).map { _ in names.map { _ in cell(&generator) } }
  }

  private func header() -> RenderOptions {
    var options = RenderOptions()
    options.header = true
    return options
  }

  @Test(arguments: [OutputFormat.csv, .tsv], [1, 64, Int.max])
  func delimitedTextComesBack(_ format: OutputFormat, pieceSize: Int) throws {
    let rows = randomRows(3) { generator in
      Int.random(in: 0..<8, using: &generator) == 0 ? .null : .text(randomText(&generator))
    }
    let written = try render(format, names, rows, options: header())
    let input = try #require(InputFormat(rawValue: format.rawValue))
    let read = try readAll(input, written, pieceSize: pieceSize)
    #expect(read.columns.map(\.name) == names)
    #expect(read.rows == rows)
  }

  /// The reader guesses the delimiter from the first record, which must not mislead it.
  @Test(arguments: [",", ";", "\t", "|"].map(\.utf8.first), [true, false])
  func csvComesBackWithAGuessedDelimiter(_ delimiter: UInt8?, hasHeader: Bool) throws {
    var options = header()
    options.delimiter = try #require(delimiter)
    options.header = hasHeader
    var readerOptions = ReaderOptions()
    readerOptions.header = hasHeader
    var generator = SplitMix64(seed: 9)
    for _ in 0..<500 {
      // A record must hold a delimiter for the reader to find it.
      let columns = (0..<Int.random(in: 2...5, using: &generator)).map { number in
        (["sep=;", "\u{FEFF}", ""].randomElement(using: &generator) ?? "")
          + randomText(&generator) + "\(number)"
      }
      let rows: [[Value]] = (0..<3).map { _ in columns.map { _ in .text(randomText(&generator)) } }
      let read = try readAll(
        .csv, try render(.csv, columns, rows, options: options), options: readerOptions)
      if hasHeader { #expect(read.columns.map(\.name) == columns) }
      #expect(read.rows == rows)
    }
  }

  @Test(arguments: ["a;b", "a\tb;c", "a|b", "sep=;", "\u{FEFF}a", "\"", "a,b"])
  func aHeaderOfOneColumnIsNotTakenForSeveral(_ name: String) throws {
    let rows: [[Value]] = [[.text("x;y|z")], [.text("1")]]
    let read = try readAll(.csv, try render(.csv, [name], rows, options: header()))
    #expect(read.columns.map(\.name) == [name])
    #expect(read.rows == rows)
  }

  @Test(arguments: [OutputFormat.csv, .tsv])
  func oneColumnComesBack(_ format: OutputFormat) throws {
    let rows: [[Value]] = [[.null], [.text("")], [.text("x")], [.null]]
    let written = try render(format, ["a"], rows, options: header())
    let input = try #require(InputFormat(rawValue: format.rawValue))
    #expect(try readAll(input, written).rows == rows)
  }

  @Test(arguments: [OutputFormat.json, .ndjson], [1, Int.max])
  func jsonComesBack(_ format: OutputFormat, pieceSize: Int) throws {
    let rows = randomRows(4) { generator in
      switch Int.random(in: 0..<6, using: &generator) {
      case 0: .null
      case 1: .bool(.random(using: &generator))
      case 2: .int(.random(in: .min ... .max, using: &generator))
      case 3: .double(Double(bitPattern: generator.next() & 0x7FEF_FFFF_FFFF_FFFF))
      case 4: .json("[1,{\"k\":null}]")
      default: .text(randomText(&generator))
      }
    }
    let written = try render(format, names, rows)
    let input = try #require(InputFormat(rawValue: format.rawValue))
    let read = try readAll(input, written, pieceSize: pieceSize)
    #expect(read.columns.map(\.name) == names)
    #expect(read.rows == rows)
  }
}
