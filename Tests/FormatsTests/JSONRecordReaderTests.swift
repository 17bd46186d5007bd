import AdapterCore
import Formats
import Testing

@Suite struct JSONRecordReaderTests {
  @Test(arguments: [1, 3, Int.max])
  func readsEveryKindOfValue(_ pieceSize: Int) throws {
    let text = #"""
      {"i":1,"d":0.5,"x":12345678901234567890,"t":"a\n\u00e9","b":true,"n":null,"j":{"k":[1, 2]}}

      {"t":"plain","i":-0.0,"j":[]}
      """#
    let read = try readAll(.ndjson, text, pieceSize: pieceSize)
    #expect(read.columns.map(\.name) == ["i", "d", "x", "t", "b", "n", "j"])
    #expect(
      read.columns.map(\.kind) == [.integer, .real, .decimal, .text, .boolean, .unknown, .json])
    #expect(
      read.rows == [
        [
          .int(1), .double(0.5), .decimal("12345678901234567890"), .text("a\né"), .bool(true),
          .null,
          .json(#"{"k":[1, 2]}"#),
        ],
        [.double(-0.0), .null, .null, .text("plain"), .null, .null, .json("[]")],
      ])
  }

  @Test(
    arguments: [
      ("{\"a\":1}\n{\"b\":1}\n", 2, 2, #"unknown key "b""#),
      ("{\"a\":null,\"a\":2}\n", 1, 11, #"repeated key "a""#),
      ("{\"a\":1}\n{\"a\":1,\"a\":2}\n", 2, 8, #"repeated key "a""#),
      ("{\"a\":1}\n[1]\n", 2, 1, "expected a JSON object"),
      ("{\"a\":1}\n{\"a\":1\n", 2, 7, "expected ',' or '}' but found the end of the text"),
      ("{\"a\":1}\n{\"a\":1} {}\n", 2, 9, "expected the end of the text but found '{'"),
      ("", 1, nil, "the input is empty"),
    ] as [(String, Int, Int?, String)])
  func tellsWhatIsWrongAndWhere(_ text: String, line: Int, column: Int?, message: String) {
    let error = adapterError { _ = try readAll(.ndjson, text) }
    #expect(error?.kind == .data)
    #expect(error?.message == message)
    #expect(error?.position == SourcePosition(line: line, column: column))
  }

  @Test func findsABrokenLineFarDown() {
    var text = String(repeating: "{\"id\":1,\"name\":\"x\"}\n", count: 100_000)
    text += "{\"id\":2,\"name\"\n{\"id\":3,\"name\":\"y\"}\n"
    let error = adapterError { _ = try readAll(.ndjson, text) }
    #expect(error?.position?.line == 100_001)
  }

  @Test func goesOnBehindAMalformedRecord() throws {
    let reader = InputFormat.ndjson.makeReader(
      MemoryByteSource("{\"a\":1}\n{\"a\":\n{\"a\":3}\n"))
    let collector = RowCollector()
    collector.begin(columns: try reader.readHeader())
    #expect(try reader.next(into: collector))
    #expect(throws: AdapterError.self) { try reader.next(into: collector) }
    #expect(String(decoding: reader.rawRecord, as: UTF8.self) == "{\"a\":")
    #expect(try reader.next(into: collector))
    #expect(try !reader.next(into: collector))
    #expect(collector.rows == [[.int(1)], [.int(3)]])
  }

  @Test func givenNamesAreTheColumns() throws {
    var options = ReaderOptions()
    options.columnNames = ["b", "a"]
    let read = try readAll(.ndjson, "{\"a\":1}\n{\"b\":2,\"a\":3}\n", options: options)
    #expect(read.rows == [[.null, .int(1)], [.int(2), .int(3)]])
  }

  @Test(
    arguments: [
      "[{\"a\":1},\n {\"a\":\n 2}]", "{\"a\":1} {\n\"a\":2}", "[]\n[{\"a\":1}]\n[{\"a\":2}]",
      "\u{FEFF}[ {\"a\":1,\n\"b\":\"}]\\\"\"} , {\"a\":2} ]\n",
    ], [1, 2, Int.max])
  func readsArraysAndSequencesOfObjects(_ text: String, pieceSize: Int) throws {
    let read = try readAll(.json, text, pieceSize: pieceSize)
    #expect(read.rows.map(\.[0]) == [.int(1), .int(2)])
  }

  @Test(arguments: [
    ("[{\"a\":1},\n]", 2, 1, "expected an object"),
    ("[{\"a\":1}\n {\"a\":2}]", 2, 2, "expected ',' or ']'"),
    ("[{\"a\":1},\n {\"a\":2", 2, 2, "the object is not closed"),
    ("[{\"a\":1}\n", 2, 1, "the array is not closed"),
    ("[1]", 1, 2, "expected an object or ']'"),
    ("{\"a\":1}\n\n{\"a\":1,\n \"b\":2}", 4, 2, #"unknown key "b""#),
  ])
  func tellsWhereAJSONFileIsWrong(_ text: String, line: Int, column: Int, message: String) {
    let error = adapterError { _ = try readAll(.json, text) }
    #expect(error?.message == message)
    #expect(error?.position == SourcePosition(line: line, column: column))
  }
}
