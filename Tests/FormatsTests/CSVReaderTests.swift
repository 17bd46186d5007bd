import AdapterCore
import Formats
import Testing

@Suite struct CSVReaderTests {
  private func options(_ change: (inout ReaderOptions) -> Void) -> ReaderOptions {
    var options = ReaderOptions()
    options.sourceName = "in.csv"
    change(&options)
    return options
  }

  @Test func tellsNullFromTheEmptyString() throws {
    let read = try readAll(.csv, "a,b,c\n1,,\"\"\n")
    #expect(read.columns.map(\.name) == ["a", "b", "c"])
    #expect(read.rows == [[.text("1"), .null, .text("")]])
  }

  @Test(arguments: [1, 2, 3, 7, Int.max])
  func readsQuotedFieldsInPiecesOfAnySize(_ pieceSize: Int) throws {
    let text = "a,b\r\n\"x, \"\"y\"\"\",\"line 1\r\nline 2\"\r\n\"\",é\"\n😀,last"
    let read = try readAll(.csv, text, pieceSize: pieceSize)
    #expect(
      read.rows == [
        [.text("x, \"y\""), .text("line 1\r\nline 2")], [.text(""), .text("é\"")],
        [.text("😀"), .text("last")],
      ])
  }

  @Test func takesAllLineEndsMixed() throws {
    let read = try readAll(.csv, "a\n1\r\n2\r3\n")
    #expect(read.rows == [[.text("1")], [.text("2")], [.text("3")]])
  }

  @Test func skipsAByteOrderMark() throws {
    #expect(try readAll(.csv, "\u{FEFF}a,b\n1,2\n").columns.map(\.name) == ["a", "b"])
  }

  @Test func refusesUTF16() {
    let error = adapterError { _ = try readAll(.csv, [0xFF, 0xFE, 0x61, 0x00, 0x0A, 0x00]) }
    #expect(error?.kind == .data)
    #expect(error?.message == "the input is UTF-16")
  }

  @Test(arguments: [";", "\t", "|", ","])
  func findsTheDelimiter(_ delimiter: String) throws {
    let text =
      ["a", "\"b,;|\"", "c"].joined(separator: delimiter) + "\n1\(delimiter)2\(delimiter)3"
    #expect(try readAll(.csv, text).rows == [[.text("1"), .text("2"), .text("3")]])
  }

  @Test func obeysExcelsSeparatorLine() throws {
    let read = try readAll(.csv, "sep=;\r\na,b;c\r\n1;2\r\n")
    #expect(read.columns.map(\.name) == ["a,b", "c"])
    let error = adapterError { _ = try readAll(.csv, "sep=;\r\na;b\r\n1\r\n") }
    #expect(error?.position?.line == 3)
  }

  @Test func numbersColumnsWithoutAHeader() throws {
    let read = try readAll(.csv, "1,2\n3,4\n", options: options { $0.header = false })
    #expect(read.columns.map(\.name) == ["c1", "c2"])
    #expect(read.rows.count == 2)
  }

  @Test func givenNamesReplaceTheHeader() throws {
    let named = options { $0.columnNames = ["x", "y"] }
    let read = try readAll(.csv, "a,b\n1,2\n", options: named)
    #expect(read.columns.map(\.name) == ["x", "y"])
    #expect(read.rows.count == 1)
    let both = options {
      $0.columnNames = ["x", "y"]
      $0.header = false
    }
    #expect(try readAll(.csv, "a,b\n1,2\n", options: both).rows.count == 2)
    #expect(try readAll(.csv, "", options: both).rows.isEmpty)
    let error = adapterError { _ = try readAll(.csv, "a,b,c\n", options: named) }
    #expect(error?.message == "2 column names are given for 3 columns")
  }

  @Test func headerNamesAreUniqueAndNeverEmpty() throws {
    #expect(
      try readAll(.csv, "a,,a,a_2,a\n").columns.map(\.name) == ["a", "c2", "a_3", "a_2", "a_4"])
  }

  @Test func takesAnotherTextForNull() throws {
    let read = try readAll(
      .csv, "a,b,c\nNULL,,\"NULL\"\n", options: options { $0.nullText = "NULL" })
    #expect(read.rows == [[.null, .text(""), .text("NULL")]])
  }

  @Test func blankLinesAreSkippedUnlessThereIsOneColumn() throws {
    #expect(try readAll(.csv, "\na,b\n\n1,2\n\n\n").rows == [[.text("1"), .text("2")]])
    #expect(try readAll(.csv, "a\n1\n\n2\n").rows == [[.text("1")], [.null], [.text("2")]])
  }

  @Test(
    arguments: [
      ("a,b\n1,2\n3\n", 3, nil, "expected 2 fields, found 1"),
      ("a,b\n\"x\ny\",2\n3,4,5\n", 4, nil, "expected 2 fields, found 3"),
      ("a,b\n1,2\n3,\"open\n\n", 3, 3, "the quote that opens here is not closed"),
      ("a,b\n1,\"x\"y\n", 2, 6, "text after the closing quote of a field"),
      ("a,b\n\"é\n1\",\"x\" \n", 3, 7, "text after the closing quote of a field"),
      ("", 1, nil, "the input is empty"),
    ] as [(String, Int, Int?, String)])
  func tellsWhatIsWrongAndWhere(_ text: String, line: Int, column: Int?, message: String) {
    let error = adapterError { _ = try readAll(.csv, text, options: options { _ in }) }
    #expect(error?.kind == .data)
    #expect(error?.message == message)
    #expect(error?.position == SourcePosition(file: "in.csv", line: line, column: column))
  }

  @Test func tellsWhereUTF8IsInvalid() {
    let error = adapterError {
      _ = try readAll(.csv, Array("a,b\n1,2\n\u{E9}x,".utf8) + [0xE9, 0x0A])
    }
    #expect(error?.message == "invalid UTF-8: byte 0xE9")
    #expect(error?.position == SourcePosition(line: 3, column: 4))
  }

  @Test func goesOnBehindAMalformedRecord() throws {
    let reader = InputFormat.csv.makeReader(
      MemoryByteSource("a,b\n1,2\n3\n\"x\"y,5\n6,7\n8,\"open"))
    let collector = RowCollector()
    collector.begin(columns: try reader.readHeader())
    var refused: [(Int, String)] = []
    var hasMore = true
    while hasMore {
      do {
        hasMore = try reader.next(into: collector)
      } catch {
        refused.append((reader.line, String(decoding: reader.rawRecord, as: UTF8.self)))
      }
    }
    #expect(collector.rows == [[.text("1"), .text("2")], [.text("6"), .text("7")]])
    #expect(refused.map(\.0) == [3, 4, 6])
    #expect(refused.map(\.1) == ["3", "\"x\"y,5", "8,\"open"])
  }

  @Test func boundsTheLengthOfARecord() {
    let long = "a\n\"" + String(repeating: "x", count: 1 << 20)
    let error = adapterError {
      _ = try readAll(.csv, long, options: options { $0.maximumRecordBytes = 1 << 18 })
    }
    #expect(error?.kind == .data)
    #expect(error?.position?.line == 2)
  }

  @Test func readsFieldsLongerThanTheBuffer() throws {
    let long = String(repeating: "é\"\"\n", count: 400_000)
    let read = try readAll(.csv, "a,b\n1,\"\(long)\"\n2,y\n", pieceSize: 65_536)
    #expect(read.rows[0][1] == .text(String(repeating: "é\"\n", count: 400_000)))
    #expect(read.rows[1] == [.text("2"), .text("y")])
  }

  @Test func countsBytesAndLines() throws {
    let reader = InputFormat.csv.makeReader(MemoryByteSource("a\n\"1\n2\"\n3\n"))
    let collector = RowCollector()
    _ = try reader.readHeader()
    #expect(try reader.next(into: collector))
    #expect(reader.line == 2)
    #expect(try reader.next(into: collector))
    #expect(reader.line == 4)
    #expect(try !reader.next(into: collector))
    #expect(reader.bytesRead == 10)
  }

  /// Whatever bytes come, in whatever pieces, the reader ends and gives the same.
  @Test func survivesRandomBytes() throws {
    var generator = SplitMix64(seed: 2)
    let alphabet: [UInt8] = Array("a,b\"\"\n\r;\t".utf8) + [0xC3, 0xA9, 0xFF, 0x00]
    for _ in 0..<5000 {
      let bytes = (0..<Int.random(in: 0..<40, using: &generator)).map { _ in
        alphabet.randomElement(using: &generator) ?? 0
      }
      let whole = outcome(bytes, pieceSize: .max)
      #expect(outcome(bytes, pieceSize: 1) == whole)
      #expect(outcome(bytes, pieceSize: 3) == whole)
    }
  }

  private func outcome(_ bytes: [UInt8], pieceSize: Int) -> [String] {
    let reader = InputFormat.csv.makeReader(MemoryByteSource(bytes, pieceSize: pieceSize))
    let collector = RowCollector()
    var log: [String] = []
    do { collector.begin(columns: try reader.readHeader()) } catch { return ["\(error)"] }
    while true {
      do {
        guard try reader.next(into: collector) else { break }
        log.append("\(reader.line) \(collector.rows.last ?? [])")
      } catch {
        log.append("\(error) \(String(decoding: reader.rawRecord, as: UTF8.self))")
      }
    }
    return log
  }
}
