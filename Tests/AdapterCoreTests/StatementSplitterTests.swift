import AdapterCore
import CSQLite
import Foundation
import Testing

private let dialects: [SQLDialect] = [.sqlite, .postgresql, .mysql]

/// The statements' texts, and the error's line at the end when there is one.
private func split(_ text: String, _ dialect: SQLDialect, chunk: Int = .max) -> [String] {
  split(Array(text.utf8), dialect, chunk: chunk)
}

private func split(_ bytes: [UInt8], _ dialect: SQLDialect, chunk: Int = .max) -> [String] {
  var splitter = StatementSplitter(dialect: dialect)
  var found: [String] = []
  do throws(AdapterError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      rest.prefix(chunk).withUnsafeBufferPointer { splitter.append($0) }
      rest = rest.dropFirst(chunk)
      while let statement = try splitter.next() { found.append(describe(statement)) }
    }
    splitter.finish()
    while let statement = try splitter.next() { found.append(describe(statement)) }
  } catch {
    found.append("\(error.kind) \(error.position?.description ?? "-"): \(error.message)")
  }
  return found
}

private func describe(_ statement: SQLText) -> String {
  "\(statement.position.line):\(statement.position.column ?? 0) \(statement.text)"
}

private struct Case: CustomTestStringConvertible {
  var dialect: SQLDialect
  var input: String
  var output: [String]
  var testDescription: String { "\(dialect.name): \(input.debugDescription)" }

  init(_ dialect: SQLDialect, _ input: String, _ output: [String]) {
    self.dialect = dialect
    self.input = input
    self.output = output
  }
}

private let trigger = """
  create trigger t after insert on a begin
    update b set n = case when n > 1 then 2 else 3 end;
    delete from c;
  end
  """

private let commonCases: [(String, [String])] = [
  ("", []),
  ("  \n\t ", []),
  (";;; ;", []),
  ("-- only a comment", []),
  ("/* only */ ; /* comments */", []),
  ("select 1", ["1:1 select 1"]),
  ("select 1;", ["1:1 select 1"]),
  ("\u{FEFF}select 1;", ["1:1 select 1"]),
  ("select 1;select 2", ["1:1 select 1", "1:10 select 2"]),
  ("a;\n\n  b;\r\nc", ["1:1 a", "3:3 b", "4:1 c"]),
  ("-- head\n/* two\nlines */ select 1 -- tail\n;", ["3:10 select 1"]),
  ("select 1 /* in */ + 2 ;", ["1:1 select 1 /* in */ + 2"]),
  ("select 'a;b', 'it''s;';x", ["1:1 select 'a;b', 'it''s;'", "1:24 x"]),
  ("select ''';''';x", ["1:1 select ''';'''", "1:16 x"]),
  ("select 1 -- ; not\n, 2;x", ["1:1 select 1 -- ; not\n, 2", "2:5 x"]),
  ("select /* ; */ 1;x", ["1:1 select /* ; */ 1", "1:18 x"]),
  ("select 5 - 3 / 2;x", ["1:1 select 5 - 3 / 2", "1:18 x"]),
  ("é;ü ;'日本;';x", ["1:1 é", "1:3 ü", "1:6 '日本;'", "1:12 x"]),
  ("/*/ ; */ a", ["1:10 a"]),
  ("a;-", ["1:1 a", "1:3 -"]),
  ("a;/", ["1:1 a", "1:3 /"]),
  ("begin; update x; commit", ["1:1 begin", "1:8 update x", "1:18 commit"]),
  ("a;\n  'b", ["1:1 a", "failed line 2:3: unterminated string"]),
  ("a;\n-- c\n /* b", ["1:1 a", "failed line 3:2: unterminated comment"]),
  ("x /* b", ["failed line 1:3: unterminated comment"]),
]

private let dialectCases: [Case] = [
  // SQLite
  Case(.sqlite, "select \";\", `;`, [;];x", ["1:1 select \";\", `;`, [;]", "1:22 x"]),
  Case(.sqlite, "select \"a\"\";\";x", ["1:1 select \"a\"\";\"", "1:15 x"]),
  Case(.sqlite, "select 'a\\';x", ["1:1 select 'a\\'", "1:13 x"]),
  Case(.sqlite, "/* /* */ a; */", ["1:10 a", "1:13 */"]),
  Case(.sqlite, "select $$;$$;x", ["1:1 select $$", "1:11 $$", "1:14 x"]),
  Case(.sqlite, "select 5--3;\n;x", ["1:1 select 5", "2:2 x"]),
  Case(.sqlite, trigger + ";x", ["1:1 " + trigger, "4:5 x"]),
  Case(
    .sqlite, "CREATE temp TRIGGER t BEGIN x; END;y",
    ["1:1 CREATE temp TRIGGER t BEGIN x; END", "1:36 y"]),
  Case(
    .sqlite, "create /* c */ temporary -- d\n trigger t begin x; -- e\n end /* f */ ; y",
    ["1:1 create /* c */ temporary -- d\n trigger t begin x; -- e\n end", "3:16 y"]),
  Case(
    .sqlite, "explain query plan create trigger t begin x; end;y",
    ["1:1 explain query plan create trigger t begin x; end", "1:50 y"]),
  Case(.sqlite, "create table trigger_log(a);x", ["1:1 create table trigger_log(a)", "1:29 x"]),
  Case(
    .sqlite, "create trigger t begin select case 1 when 1 then 2 end; end; x",
    ["1:1 create trigger t begin select case 1 when 1 then 2 end; end", "1:62 x"]),
  Case(
    .sqlite, "create trigger t begin x; \"end\"; end; y",
    ["1:1 create trigger t begin x; \"end\"; end", "1:39 y"]),
  Case(.sqlite, "create trigger t begin x;", ["1:1 create trigger t begin x;"]),
  Case(.sqlite, "create trigger t begin x; end", ["1:1 create trigger t begin x; end"]),
  Case(.sqlite, "select [a", ["failed line 1:8: unterminated quoted identifier"]),
  Case(.sqlite, "select \"a", ["failed line 1:8: unterminated quoted identifier"]),
  Case(.sqlite, "select a # b;c", ["1:1 select a # b", "1:14 c"]),
  // PostgreSQL
  Case(.postgresql, "select $$;$$;x", ["1:1 select $$;$$", "1:14 x"]),
  Case(.postgresql, "do $a$ $$;$$ $b$; $a$;x", ["1:1 do $a$ $$;$$ $b$; $a$", "1:23 x"]),
  Case(.postgresql, "select $1;select $2", ["1:1 select $1", "1:11 select $2"]),
  Case(.postgresql, "select a$b$;c$b$", ["1:1 select a$b$", "1:13 c$b$"]),
  Case(.postgresql, "select $é$;$é$;x", ["1:1 select $é$;$é$", "1:16 x"]),
  Case(.postgresql, "select $;x", ["1:1 select $", "1:10 x"]),
  Case(.postgresql, "select $a$;$a", ["failed line 1:8: unterminated dollar-quoted string"]),
  Case(.postgresql, "/* /* ; */ ; */ a;x", ["1:17 a", "1:19 x"]),
  Case(.postgresql, "/* /* */ a", ["failed line 1:1: unterminated comment"]),
  Case(.postgresql, "select e'a\\';b', 'c\\';x", ["1:1 select e'a\\';b', 'c\\'", "1:23 x"]),
  Case(.postgresql, "select E'a''\\';';x", ["1:1 select E'a''\\';'", "1:18 x"]),
  Case(.postgresql, "select ae'\\';x", ["1:1 select ae'\\'", "1:14 x"]),
  Case(.postgresql, "select e '\\';x", ["1:1 select e '\\'", "1:14 x"]),
  Case(.postgresql, "select E'a\\", ["failed line 1:8: unterminated string"]),
  Case(.postgresql, "select a[1:2];x", ["1:1 select a[1:2]", "1:15 x"]),
  Case(.postgresql, "select \"a;b\";x", ["1:1 select \"a;b\"", "1:14 x"]),
  Case(
    .postgresql,
    "create or replace function f() returns int begin atomic select 1; select case 1 when 1 then 2 "
      + "end; end;x",
    [
      "1:1 create or replace function f() returns int begin atomic select 1; select case 1 when 1 "
        + "then 2 end; end", "1:104 x",
    ]),
  Case(
    .postgresql, "create procedure p() begin atomic a; b; end; c",
    ["1:1 create procedure p() begin atomic a; b; end", "1:46 c"]),
  Case(
    .postgresql, "create rule r as on insert to t do (a; b); c",
    ["1:1 create rule r as on insert to t do (a; b)", "1:44 c"]),
  Case(.postgresql, "select 1); x", ["1:1 select 1)", "1:12 x"]),
  Case(
    .postgresql, "create trigger t after insert on a execute function f(); b",
    ["1:1 create trigger t after insert on a execute function f()", "1:58 b"]),
  // MySQL
  Case(.mysql, "select 'a\\';b', \"c\\\";\";x", ["1:1 select 'a\\';b', \"c\\\";\"", "1:24 x"]),
  Case(.mysql, "select `a\\`;x", ["1:1 select `a\\`", "1:13 x"]),
  Case(.mysql, "select 1 # ;\n;x", ["1:1 select 1", "2:2 x"]),
  Case(.mysql, "select 5--3;-- c\nx", ["1:1 select 5--3", "2:1 x"]),
  Case(.mysql, "x;--", ["1:1 x"]),
  Case(.mysql, "/*!40101 set names ';' */;x", ["1:1 /*!40101 set names ';' */", "1:27 x"]),
  Case(.mysql, "/*M!100 a; b */;x", ["1:1 /*M!100 a; b */", "1:17 x"]),
  Case(.mysql, " /*! a", ["failed line 1:2: unterminated comment"]),
  Case(.mysql, "select \"a", ["failed line 1:8: unterminated string"]),
  Case(
    .mysql, "delimiter //\ncreate trigger t begin a; b; end//\nDELIMITER ;\nc;d",
    ["2:1 create trigger t begin a; b; end", "4:1 c", "4:3 d"]),
  Case(
    .mysql, "DELIMITER $$\r\nselect a$b; end$$ x $ y$$\r\ndelimiter ;;\r\n a;b;;c",
    ["2:1 select a$b; end", "2:19 x $ y", "4:2 a;b", "4:7 c"]),
  Case(.mysql, "select delimiter, 1;x", ["1:1 select delimiter, 1", "1:21 x"]),
  Case(
    .mysql, "a;\n delimiter \nb",
    ["1:1 a", "data line 2:2: DELIMITER must be followed by a delimiter on its line"]),
]

private let cases =
  dialects.flatMap { dialect in commonCases.map { Case(dialect, $0.0, $0.1) } } + dialectCases

@Suite struct StatementSplitterTests {
  @Test(arguments: cases) private func splits(_ given: Case) {
    #expect(split(given.input, given.dialect) == given.output)
  }

  @Test(arguments: cases, [1, 2, 3, 7])
  private func splitsTheSameInPieces(_ given: Case, chunk: Int) {
    #expect(split(given.input, given.dialect, chunk: chunk) == given.output)
  }

  @Test(arguments: dialects) func anyPiecesOfAnyTextGiveTheSame(dialect: SQLDialect) {
    let parts = [
      ";", "'", "\"", "`", "[", "]", "$", "$$", "$a$", "/*", "*/", "--", "-", "#", "\n", " ", "\\",
      "e", "E'", "a", "1", "create", "temp", "trigger", "begin", "end", "case", "function", "(",
      ")", "delimiter //\n", "/*!", "//", "é", "explain", "atomic", "\u{0}", "\t",
    ]
    var random = Generator(state: 7)
    for _ in 0..<2000 {
      let text = (0..<random.below(24)).map { _ in parts[random.below(parts.count)] }.joined()
      let whole = split(text, dialect)
      for chunk in 1...4 {
        #expect(split(text, dialect, chunk: chunk) == whole, "\(text.debugDescription)")
      }
    }
  }

  @Test func triggersEndWhereSQLiteSaysSo() {
    let parts = [
      ";", ";", ";", "end", "END", "create", "temp", "temporary", "trigger", "explain", "query",
      "begin", "case", "x", "'s'", "[b]", "-- c\n", "/* ; */", ".",
    ]
    var random = Generator(state: 3)
    for _ in 0..<20_000 {
      let words = (0..<random.below(14)).map { _ in parts[random.below(parts.count)] }
      let text = words.joined(separator: " ") + " "
      var splitter = StatementSplitter(dialect: .sqlite)
      Array(text.utf8).withUnsafeBufferPointer { splitter.append($0) }
      var hasStatement = false
      while (try? splitter.next()) != nil { hasStatement = true }
      splitter.finish()
      let hasRest = (try? splitter.next()) != nil
      // sqlite3_complete(3) is true when the text ends right after a terminator.
      if sqlite3_complete(text) == 1 {
        #expect(!hasRest, "\(text)")
      } else {
        #expect(hasRest || !hasStatement && !words.contains(";"), "\(text)")
      }
    }
  }

  @Test(arguments: dialects) func anyBytesAreSurvived(dialect: SQLDialect) {
    var random = Generator(state: 11)
    for _ in 0..<2000 {
      let bytes = (0..<random.below(40)).map { _ in UInt8(random.below(256)) }
      #expect(split(bytes, dialect, chunk: 1) == split(bytes, dialect))
    }
  }

  @Test func invalidUTF8IsRefusedWhereItStands() {
    let bytes = Array("a;\nselect 'é".utf8) + [0xC3, 0x28] + Array("';b".utf8)
    #expect(split(bytes, .sqlite) == ["1:1 a", "data line 2:10: invalid UTF-8"])
  }

  @Test func nothingComesAfterAnError() throws {
    var splitter = StatementSplitter(dialect: .sqlite)
    [0xFF, 0x3B, 0x61, 0x3B].withUnsafeBufferPointer { splitter.append($0) }
    #expect(throws: AdapterError.self) { try splitter.next() }
    [0x61, 0x3B].withUnsafeBufferPointer { splitter.append($0) }
    splitter.finish()
    #expect(try splitter.next() == nil)
  }

  @Test func positionsCarryFileAndFirstLine() throws {
    let statements = try StatementSplitter.split(
      "a;\n b", dialect: .sqlite, file: "m.sql", line: 10)
    #expect(statements.map(\.position.description) == ["m.sql:10:1", "m.sql:11:2"])
  }

  @Test func timeGrowsLinearlyWithAStatementThatArrivesInPieces() throws {
    // Scanning a pending statement again for each piece would take hours.
    var splitter = StatementSplitter(dialect: .sqlite)
    let piece = Array(String(repeating: "insert /* x */ 'y' ", count: 4).utf8)
    for _ in 0..<100_000 {
      piece.withUnsafeBufferPointer { splitter.append($0) }
      #expect(try splitter.next() == nil)
    }
    splitter.finish()
    #expect(try splitter.next()?.text.utf8.count == piece.count * 100_000 - 1)
  }
}

/// SplitMix64: random and yet the same in every run.
private struct Generator {
  var state: UInt64

  mutating func below(_ bound: Int) -> Int {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return Int((z ^ (z >> 31)) % UInt64(bound))
  }
}
