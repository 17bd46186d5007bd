import AdapterCore
import Formats
import JSON
import Platform
import Testing

@Suite struct RendererTests {
  private let everyKind: [Value] = [
    .null, .bool(true), .int(.max), .double(0.1), .double(.nan), .decimal("1.10"), .text(""),
    .bytes([0, 255]), .json("{\"a\": [1]}"),
  ]
  private let names = ["n", "b", "i", "d", "nan", "dec", "t", "x", "j"]

  @Test func csvWritesEveryKind() throws {
    #expect(
      try render(.csv, names, [everyKind]) == """
        n,b,i,d,nan,dec,t,x,j
        ,true,9223372036854775807,0.1,NaN,1.10,"",\\x00ff,"{""a"": [1]}"

        """)
  }

  @Test func csvQuotesOnlyWhatMustBe() throws {
    let row: [Value] = [
      .text("a b"), .text("a,b"), .text("a\"b"), .text("a\nb"), .text("a\rb"), .text("a;b"),
    ]
    #expect(
      try render(.csv, ["x,y"] + names.prefix(5), [row])
        == "\"x,y\",n,b,i,d,nan\na b,\"a,b\",\"a\"\"b\",\"a\nb\",\"a\rb\",a;b\n")
  }

  @Test func csvTakesOtherDelimitersAndNoHeader() throws {
    var options = RenderOptions()
    options.delimiter = UInt8(ascii: ";")
    options.header = false
    #expect(
      try render(
        .csv, ["a", "b"], [[.text("1"), .text("2")], [.text("x;y"), .text("x,y")]],
        options: options) == "1;2\n\"x;y\";x,y\n")
  }

  @Test func tsvIsTheTextFormOfCopy() throws {
    #expect(
      try render(.tsv, names, [everyKind])
        == "\\N\ttrue\t9223372036854775807\t0.1\tNaN\t1.10\t\t\\\\x00ff\t{\"a\": [1]}\n")
    #expect(
      try render(.tsv, ["a"], [[.text("\\ \t \n \r \u{8} \u{B} \u{C} \u{1} long enough \\N")]])
        == "\\\\ \\t \\n \\r \\b \\v \\f \u{1} long enough \\\\N\n")
    var options = RenderOptions()
    options.header = true
    #expect(try render(.tsv, ["a\tb", "c"], [], options: options) == "a\\tb\tc\n")
  }

  @Test func jsonIsValidForEveryKind() throws {
    let text = try render(.json, names, [everyKind, everyKind])
    let rows = try #require(try JSONParser.parse(text).array)
    #expect(rows.count == 2)
    #expect(
      rows[1].text() == """
        {"n":null,"b":true,"i":9223372036854775807,"d":0.1,"nan":"NaN","dec":"1.10","t":"",\
        "x":"AP8=","j":{"a":[1]}}
        """)
  }

  @Test func jsonNamesAreUnique() throws {
    #expect(
      try render(.ndjson, ["a", "a", "a_2", "a\""], [[.int(1), .int(2), .int(3), .null]])
        == "{\"a\":1,\"a_3\":2,\"a_2\":3,\"a\\\"\":null}\n")
  }

  @Test func jsonDocumentsStayOnOneLine() throws {
    #expect(try render(.ndjson, ["j"], [[.json("{\r\n  \"a\": 1\n}")]]) == "{\"j\":{  \"a\": 1}}\n")
  }

  @Test func jsonOnATerminalHasARowALine() throws {
    var options = RenderOptions()
    options.forTerminal = true
    #expect(
      try render(.json, ["a"], [[.int(1)], [.int(2)]], options: options)
        == "[\n  {\"a\":1},\n  {\"a\":2}\n]\n")
    #expect(try render(.json, ["a"], [], options: options) == "[]\n")
  }

  @Test(arguments: [[], [1], [1, 2], [1, 2, 3], [251, 239, 255, 0]] as [[UInt8]])
  func base64IsStandard(_ bytes: [UInt8]) throws {
    let expected = ["", "AQ==", "AQI=", "AQID", "++//AA=="][min(bytes.count, 4)]
    #expect(try render(.ndjson, ["x"], [[.bytes(bytes)]]) == "{\"x\":\"\(expected)\"}\n")
  }

  @Test func severalResultsAreKeptApart() throws {
    let one = (columns: [Column(name: "a")], rows: [[Value.int(1)]])
    #expect(try render(.csv, [one, one]) == "a\n1\n\na\n1\n")
    #expect(try render(.tsv, [one, one]) == "1\n\n1\n")
    #expect(try render(.json, [one, one]) == "[{\"a\":1}]\n[{\"a\":1}]\n")
    #expect(try render(.ndjson, [one, one]) == "{\"a\":1}\n{\"a\":1}\n")
    #expect(try render(.table, [one, one]) == " a\n───\n 1\n\n a\n───\n 1\n")
    #expect(
      try render(.markdown, [one, one]) == "| a |\n| --- |\n| 1 |\n\n| a |\n| --- |\n| 1 |\n")
  }

  @Test func noRowsStillShowTheColumns() throws {
    #expect(try render(.csv, ["a", "b"], []) == "a,b\n")
    #expect(try render(.json, ["a"], []) == "[]\n")
    #expect(try render(.ndjson, ["a"], []) == "")
    #expect(try render(.table, ["a", "b"], []) == " a │ b\n───┼───\n")
    #expect(try render(.markdown, ["a"], []) == "| a |\n| --- |\n")
    #expect(try render(.vertical, ["a"], []) == "")
  }

  @Test func rowsOfNoColumnsAreStillValid() throws {
    #expect(try render(.json, [], [[], []]) == "[{},{}]\n")
    #expect(try render(.ndjson, [], [[]]) == "{}\n")
    for format in [OutputFormat.table, .vertical, .markdown, .csv] {
      _ = try render(format, [], [[], []])
    }
  }

  @Test func controlCharactersNeverReachATerminal() throws {
    var options = RenderOptions()
    options.forTerminal = true
    let evil: [[Value]] = [[.text("\u{1B}]0;x\u{7}\u{9B}\u{202E}"), .text("plain")]]
    for format in OutputFormat.allCases {
      let text = try render(format, ["\u{1B}[2J", "b"], evil, options: options)
      let hasControl = text.unicodeScalars.contains {
        ($0.value < 0x20 && $0 != "\n" && $0 != "\t") || (0x7F..<0xA0).contains($0.value)
          || $0.value == 0x202E
      }
      #expect(!hasControl, "\(format)")
      #expect(text.contains("plain"))
    }
    #expect(try render(.csv, ["a"], [[.text("\u{1B}[0m")]]) == "a\n\u{1B}[0m\n")
  }

  @Test func bytesThatAreNotUTF8DoNoHarm() throws {
    for format in OutputFormat.allCases {
      let output = OutputBuffer.inMemory()
      let sink = format.makeRenderer(output)
      try sink.begin(columns: [Column(name: "a")])
      [0x61, 0xFF, 0xC3].withUnsafeBufferPointer { sink.text($0) }
      try sink.endRow()
      try sink.finish()
      #expect(!output.takeBytes().isEmpty, "\(format)")
    }
  }

  @Test func aFullDiskIsAnIOError() throws {
    let full = try FileDescriptor.create("/dev/full")
    for format in OutputFormat.allCases {
      let sink = format.makeRenderer(OutputBuffer(descriptor: full.rawValue))
      let error = adapterError {
        try sink.begin(columns: [Column(name: "a")])
        sink.int(1)
        try sink.endRow()
        try sink.finish()
      }
      #expect(error?.kind == .io)
      #expect(error?.code == "ENOSPC")
    }
  }
}
