import APIClient
import AdapterCore
import JSON
import Platform
import Testing

/// Keeps what a reader delivers, as compact JSON.
final class SelectedValues: SelectReader.Receiver {
  private(set) var texts: [String] = []

  func take(_ value: BorrowedBytes?) {
    texts.append(value.map { String(decoding: $0, as: UTF8.self) } ?? "null")
  }
}

/// What a path leads to in a text that comes in pieces of so many bytes.
func select(
  _ path: String, in text: String, piece: Int = .max, limit: Int = SelectReader.defaultLimit
) throws(AdapterError) -> [String] {
  let values = SelectedValues()
  let reader = SelectReader(try SelectPath.parse(path, of: "--select"), into: values, limit: limit)
  let bytes = Array(text.utf8)
  var start = 0
  while start < bytes.count {
    let end = piece < bytes.count - start ? start + piece : bytes.count
    try bytes[start..<end].withUnsafeBufferPointer { piece in
      Result { () throws(AdapterError) in try reader.push(piece) }
    }.get()
    start = end
  }
  try reader.finish()
  return values.texts
}

@Suite struct SelectPathTests {
  static let document = #"""
    {"id": 7, "odd key": {"ä": [1, 2.50, 12345678901234567890]}, "none": null, "@type": "x",
     "items": [
       {"n": 1, "state": "open", "user": {"login": "ada"}, "labels": [{"name": "a"}, {"name": "b"}]},
       {"n": 2, "state": "closed", "user": null, "labels": []},
       {"n": 3, "state": "open", "labels": null, "na\u006de": "esc\"aped"}],
     "hosts": {"one": {"up": true}, "two": {"up": false}}, "empty": [], "deep": [[1, 2], [3]]}
    """#

  @Test(arguments: [
    (".id", ["7"]), ("id", ["7"]), ("$.id", ["7"]), ("$['id']", ["7"]), (".[\"id\"]", ["7"]),
    (#".["odd key"]["ä"][0]"#, ["1"]), (#"."odd key".ä[]"#, ["1", "2.50", "12345678901234567890"]),
    (#"["odd key"].ä[-1]"#, ["12345678901234567890"]), (#"["odd key"].ä[-4]"#, ["null"]),
    (#"["odd key"].ä[1:]"#, ["2.50", "12345678901234567890"]),
    (#"["odd key"].ä[:-1]"#, ["1", "2.50"]),
    (#"["odd key"].ä[1:2]"#, ["2.50"]), (#"["odd key"].ä[5:9]"#, []), (#"["odd key"].ä[2:1]"#, []),
    (".items[].n", ["1", "2", "3"]), ("items[*].n", ["1", "2", "3"]), (".items[1].n", ["2"]),
    (".items[-1].n", ["3"]), (".items[0:2].n", ["1", "2"]), (".items[-2:].n", ["2", "3"]),
    (".items[].user.login", [#""ada""#, "null", "null"]),
    (".items[].labels[].name", [#""a""#, #""b""#]),
    (".items[].name", ["null", "null", #""esc\"aped""#]), (".none", ["null"]), (".nope", ["null"]),
    (".nope.further[0].x", ["null"]), (".nope[]", []), (".none[].x", []), (".empty", []),
    (".empty[0]", ["null"]), (".hosts.*.up", ["true", "false"]), (".deep", ["[1, 2]", "[3]"]),
    (".deep[]", ["[1, 2]", "[3]"]), (".deep[0]", ["1", "2"]), (".deep[][]", ["1", "2", "3"]),
    (".deep[-1]", ["3"]), (".@type", [#""x""#]), ("length(items)", ["3"]),
    ("length(.items[].labels[])", ["2"]), ("length(@type)", ["1"]), ("length(nope)", ["null"]),
    ("keys(hosts)", [#"["one","two"]"#]), ("length($.hosts)", ["2"]), ("length(empty)", ["0"]),
    (".items[?state==open].n", ["1", "3"]), (#".items[?state=="open" && n>1].n"#, ["3"]),
    (".items[?!user].n", ["2", "3"]), (".items[?user.login].n", ["1"]),
    (".items[?n in 1,3].n", ["1", "3"]),
    (".items[?state ~ '^c'].n", ["2"]), (".items[?labels[].name contains b].n", ["1"]),
    (".items[?n != 2].n", ["1", "3"]), (".items[?n<=1.0e0].n", ["1"]), (".items[?nope.x==1].n", []),
    (".items[?state.x==1].n", []), (".items[?@.n==2].n", ["2"]), (".items[?n in [2, 9]].n", ["2"]),
  ])
  func leadsTo(_ path: String, _ expected: [String]) throws {
    for piece in [1, 2, 7, 64, .max] {
      #expect(try select(path, in: Self.document, piece: piece) == expected, "\(path) by \(piece)")
    }
  }

  @Test(arguments: ["$", ".", "[]", "$[]"]) func anArrayStandsForItsElements(_ path: String) throws
  {
    #expect(try select(path, in: #"[1, {"a": [2]}, null]"#) == ["1", #"{"a": [2]}"#, "null"])
    #expect(try select(path, in: "[]") == [])
  }

  @Test func documentsInARowAreReadOneByOne() throws {
    #expect(
      try select(".a", in: "{\"a\":1}\n{\"a\":2} {\"b\":0}\n", piece: 3) == ["1", "2", "null"])
    #expect(try select("$", in: "1 2\n\"x\"", piece: 1) == ["1", "2", "\"x\""])
    #expect(try select("$", in: "\u{FEFF}{}", piece: 1) == ["{}"])
    #expect(try select("$", in: " \n") == [])
  }

  @Test(arguments: [
    ("", 0), ("[", 0), (".a[", 2), (".a..b", 3), (".a[x]", 3), (".a[1", 2), (".a[1:2:3]", 6),
    (".a b", 3), ("{a", 0), ("{a,}", 3), ("{a b}", 3), ("{a: }", 4), ("{a}.b", 3), ("[]{a}{b}", 5),
    ("max(a)", 0), ("length(a", 8), ("length({a})", 7), ("[?]", 2), ("[?a==]", 5),
    ("[?a ~ '(']", 6),
    (#"["a]"#, 1), ("['a]", 1), ("{a, b: c, a: d}", 10), ("[99999999999]", 1), ("a.[0].", 6),
    ("[?!a==1]", 7), ("}", 0), ("ä b", 2),
  ])
  func aMalformedPathIsMarked(_ path: String, _ offset: Int) throws {
    let error = #expect(throws: AdapterError.self) { try SelectPath.parse(path, of: "--select") }
    #expect(error?.kind == .usage)
    #expect(error?.details.last == "  " + String(repeating: " ", count: offset) + "^", "\(path)")
    #expect(error?.details.first == "  " + path)
  }

  @Test(arguments: [
    (".items.n", "$.items is an array, which has no member 'n'", "$.items[].n"),
    (".hosts[]", "$.hosts is an object, which has no elements", ".*"),
    (".id.x", "$.id is a number, which has no member 'x'", ""),
    (".items[].state.x", "$.items[0].state is a text, which has no member 'x'", ""),
    (".items[].n[0]", "$.items[0].n is a number, which has no elements", ""),
    (".items.*", "$.items is an array, which has no members", "[]"),
    ("length(id)", "$.id is a number, which has no length", ""),
    ("keys(items)", "$.items is an array, which has no keys", ""),
  ])
  func theWrongKindIsAnErrorWithItsPlace(_ path: String, _ message: String, _ hint: String) throws {
    for piece in [1, .max] {
      let error = #expect(throws: AdapterError.self) {
        try select(path, in: Self.document, piece: piece)
      }
      #expect(error?.kind == .data)
      #expect(error?.message == message)
      let given = error?.hint ?? ""
      #expect(given.contains(hint), "\(given)")
    }
  }

  @Test(arguments: [
    ("{\"a\":1", "not complete"), ("[1 2]", "expected ',' or ']'"), ("{a:1}", "expected a"),
    ("<html>", "expected a value"), ("[1,]", "expected a value"), ("{\"a\" 1}", "expected ':'"),
    ("[\"a\u{1}b\"]", "control character"), ("[tru]", "expected a value"),
    ("]", "expected a value"),
    ("{\"x\":[1,{\"y\":}]}", "expected a value"), ("[01]", "begin with 0"), ("\"a", "not complete"),
  ])
  func whatIsNoJSONIsRefusedWhereverItStands(_ text: String, _ message: String) throws {
    for path in ["$", ".items[].a", ".a", "[]"] {
      for piece in [1, 3, .max] {
        let error = #expect(throws: AdapterError.self) { try select(path, in: text, piece: piece) }
        #expect(error?.kind == .data)
        let isKind = error?.message.contains("which has no") ?? false
        #expect(isKind || error?.message.contains(message) ?? false, "\(error?.message ?? "")")
      }
    }
  }

  @Test func whatIsNotOnTheWayIsNotHeld() throws {
    let big = "[" + String(repeating: "{\"x\":[1,2,3]},", count: 5000) + "0]"
    let text = #"{"skip":\#(big),"items":\#(big),"more":\#(big)}"#
    #expect(try select(".items[]", in: text, piece: 100, limit: 200).count == 5001)
    let error = #expect(throws: AdapterError.self) {
      try select("{items}", in: text, piece: 100, limit: 1000)
    }
    #expect(error?.message.contains("larger than") ?? false)
  }

  @Test func aNumberThatIsCutIsNotDelivered() throws {
    let values = SelectedValues()
    let reader = SelectReader(.whole, into: values)
    let error = #expect(throws: AdapterError.self) {
      let bytes = Array("[1, 23".utf8)
      try bytes.withUnsafeBufferPointer { bytes in
        Result { () throws(AdapterError) in try reader.push(bytes) }
      }.get()
      try reader.finish()
    }
    #expect(error?.message.contains("not complete") ?? false)
    #expect(values.texts == ["1"])
    #expect(try select("$", in: "23") == ["23"])
  }

  @Test func aNameThatIsThereTwiceOnTheWayIsRefused() throws {
    #expect(throws: AdapterError.self) { try select(".a", in: #"{"a":1,"a":2}"#) }
    #expect(try select("[].a", in: #"[{"a":1,"a":2}]"#) == ["2"])
  }
}
