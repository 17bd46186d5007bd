import AdapterCore
import Testing

@testable import Migrations

private func parse(
  _ text: String, _ role: MigrationFileName.Role = .single
) throws(AdapterError) -> (up: [String]?, down: [String]?, isTransactional: Bool) {
  let (up, down) = try MigrationParser.parse(text, file: "m.sql", role: role)
  return (
    try up?.statements(.sqlite).map(describe), try down?.statements(.sqlite).map(describe),
    up?.isTransactional ?? down?.isTransactional ?? true
  )
}

private func describe(_ statement: SQLText) -> String {
  "\(statement.position.line):\(statement.position.column ?? 0) \(statement.text)"
}

@Suite struct MigrationParserTests {
  @Test func dbmateSections() throws {
    let parsed = try parse("-- about\n-- migrate:up\na;\n b;\n-- migrate:down\nc")
    #expect(parsed.up == ["3:1 a", "4:2 b"])
    #expect(parsed.down == ["6:1 c"])
    #expect(parsed.isTransactional)
  }

  @Test func dbmateWithoutADownSection() throws {
    let parsed = try parse("--migrate:up\na")
    #expect(parsed.up == ["2:1 a"])
    #expect(parsed.down == nil)
  }

  @Test func transactionFalseIsPerSection() throws {
    let (up, down) = try MigrationParser.parse(
      "-- migrate:up transaction:false\na;\n-- migrate:down\nb;", file: "m.sql", role: .single)
    #expect(up?.isTransactional == false)
    #expect(down?.isTransactional == true)
  }

  @Test func gooseSections() throws {
    let parsed = try parse(
      "-- +goose Up\na;\n-- +goose StatementBegin\nb; c;\n-- +goose StatementEnd\nd;\n"
        + "-- +goose Down\ne;")
    #expect(parsed.up == ["2:1 a", "4:1 b", "4:4 c", "6:1 d"])
    #expect(parsed.down == ["8:1 e"])
  }

  @Test func gooseBlockIsOneStatementWhereOnlyADelimiterHoldsBodiesTogether() throws {
    let (up, _) = try MigrationParser.parse(
      "-- +goose Up\n-- +goose StatementBegin\n create b; c;\n-- +goose StatementEnd\nd;",
      file: "m.sql", role: .single)
    #expect(try up?.statements(.mysql).map(\.text) == [" create b; c;", "d"])
  }

  @Test func gooseNoTransactionIsForTheWholeFile() throws {
    let (up, down) = try MigrationParser.parse(
      "-- +goose NO TRANSACTION\n-- +goose Up\na;\n-- +goose Down\nb;", file: "m.sql",
      role: .single)
    #expect(up?.isTransactional == false)
    #expect(down?.isTransactional == false)
  }

  @Test func aFileOfAPairIsOneSection() throws {
    #expect(try parse("a;\nb", .up).up == ["1:1 a", "2:1 b"])
    #expect(try parse("a;\nb", .down).down == ["1:1 a", "2:1 b"])
    let marked = try parse("-- c\n-- migrate:up transaction:false\na", .up)
    #expect(marked.up == ["3:1 a"])
    #expect(!marked.isTransactional)
  }

  @Test(arguments: [
    ("select 1;", "m.sql:1", "no '-- migrate:up' line"),
    ("", "m.sql:1", "no '-- migrate:up' line"),
    ("-- migrate:down\na", "m.sql:1", "no section for up"),
    ("\na;\n-- migrate:up\nb", "m.sql:1", "SQL before the first section"),
    ("-- migrate:up\na\n-- migrate:up\nb", "m.sql:3", "a second section for up"),
    ("-- migrate:down\n-- migrate:up", "m.sql:2", "must stand before"),
    ("-- migrate:up\n-- migrate:dwon", "m.sql:2", "there is no '-- migrate:dwon'"),
    ("-- migrate:up transaction:no", "m.sql:1", "unknown option 'transaction:no'"),
    ("-- migrate:up\n-- +goose Down", "m.sql:2", "in one file"),
    ("-- +goose Up\n-- +goose StatementBegin\na", "m.sql:2", "without StatementEnd"),
    (
      "-- +goose Up\n-- +goose StatementBegin\n-- +goose Down", "m.sql:2", "without StatementEnd"
    ),
    ("-- +goose Up\n-- +goose StatementEnd", "m.sql:2", "without StatementBegin"),
    ("-- +goose StatementBegin", "m.sql:1", "must stand in a section"),
    ("-- +goose Up\n-- +goose ENVSUB ON\n", "m.sql:2", "ENVSUB is not supported"),
    ("-- +goose Upp", "m.sql:1", "unknown annotation"),
  ])
  func malformedFilesSayWhere(text: String, place: String, message: String) {
    let error = #expect(throws: AdapterError.self) { try parse(text) }
    #expect(error?.kind == .data)
    #expect(error?.position?.description == place)
    #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
  }

  @Test func aFileOfAPairRefusesTheOtherDirection() {
    let error = #expect(throws: AdapterError.self) { try parse("a;\n-- migrate:down\nb", .up) }
    #expect(error?.position?.line == 2)
  }

  @Test func aFileOfAPairRefusesGoosesAnnotations() {
    let error = #expect(throws: AdapterError.self) {
      try parse("a;\n-- +goose StatementBegin\nb;\n-- +goose StatementEnd", .up)
    }
    #expect(error?.position?.line == 2)
  }

  @Test func normalizingHidesWhatEditorsAndGitChange() throws {
    let plain = try MigrationText.normalize(Array("a\nb".utf8), file: "m.sql")
    for text in ["a\r\nb", "a\r\r\nb", "a\nb\n", "\u{FEFF}a\r\nb\r\n\r\n", "a\nb \t\n"] {
      #expect(try MigrationText.normalize(Array(text.utf8), file: "m.sql") == plain)
    }
    #expect(try MigrationText.normalize(Array("a\rb".utf8), file: "m.sql") == "a\rb")
  }

  @Test func invalidUTF8IsRefused() {
    let error = #expect(throws: AdapterError.self) {
      try MigrationText.normalize([0x61, 0xFF], file: "m.sql")
    }
    #expect(error?.kind == .data)
  }

  @Test func aPairJoinedParsesToTheSameStatements() throws {
    for (up, down) in [
      ("a;", "b;"), ("-- migrate:up transaction:false\na;", "b;"), ("a;", nil),
      ("-- m igrate:up\na;", nil),
    ] {
      let joined = try parse(MigrationText.join(up: up, down: down).text)
      #expect(joined.up?.map { $0.suffix(1) } == ["a"])
      #expect(joined.down?.map { $0.suffix(1) } == down.map { _ in ["b"] })
      #expect(joined.isTransactional == !up.contains("transaction:false"))
    }
  }

  @Test(arguments: [
    ("20240131_users.sql", "20240131", "users", MigrationFileName.Role.single),
    ("1.sql", "1", "", .single), ("007-x.y.sql", "007", "x.y", .single),
    ("1_a.up.sql", "1", "a", .up), ("1_a.down.sql", "1", "a", .down), ("1.up.sql", "1", "", .up),
  ])
  func fileNames(file: String, version: String, name: String, role: MigrationFileName.Role) throws {
    let parsed = try #require(MigrationFileName(file))
    #expect(parsed.version.text == version)
    #expect(parsed.name == name)
    #expect(parsed.role == role)
  }

  @Test(arguments: ["schema.sql", "1_a.txt", "v1_a.sql", ".sql", "1_a.sql~", "٣_a.sql"])
  func otherFileNamesAreNoMigrations(file: String) { #expect(MigrationFileName(file) == nil) }

  @Test func versionsCompareAsNumbersOfAnyLength() throws {
    let texts = ["0", "1", "2", "010", "20240101000000", "99999999999999999999999999"]
    let versions = try texts.map { try #require(MigrationVersion($0)) }
    #expect(versions.shuffled().sorted() == versions)
    #expect(MigrationVersion("007") == MigrationVersion("7"))
    #expect(MigrationVersion("") == nil)
    #expect(MigrationVersion("1a") == nil)
    #expect(MigrationVersion(String(repeating: "1", count: 65)) == nil)
  }
}
