import AdapterCore

@testable import Migrations

/// A migration file, single or of a pair by its first byte: it parses into statements, or the error
/// is one of data or SQL; and it reads the same from the text that the history keeps.
@Sendable func fuzzMigrations(_ bytes: UnsafeBufferPointer<UInt8>) {
  guard let first = bytes.first else { return }
  let roles: [MigrationFileName.Role] = [.single, .up, .down]
  let role = roles[Int(first) % roles.count]
  do throws(AdapterError) {
    let text = try MigrationText.normalize(Array(bytes.dropFirst()), file: "1_a.sql")
    let sections = try MigrationParser.parse(text, file: "1_a.sql", role: role)
    let again = try MigrationText.normalize(Array(text.utf8), file: "1_a.sql")
    precondition(again == text, "normalizing twice changes the text")
    for section in [sections.up, sections.down] {
      guard let section else { continue }
      for dialect in [SQLDialect.sqlite, .postgresql, .mysql] { _ = statements(section, dialect) }
    }
    if role == .up { checkJoining(text, sections.up) }
  } catch {
    precondition([.data, .failed].contains(error.kind), "\(error.kind): \(error.message)")
  }
}

/// The statements, nil where the dialect cannot read them.
private func statements(_ section: MigrationSection, _ dialect: SQLDialect) -> [String]? {
  do throws(AdapterError) {
    return try section.statements(dialect).map(\.text)
  } catch {
    precondition([.data, .failed].contains(error.kind), "\(error.kind): \(error.message)")
    return nil
  }
}

private func checkJoining(_ text: String, _ up: MigrationSection?) {
  let joined = MigrationText.join(up: text, down: nil).text
  do throws(AdapterError) {
    let sections = try MigrationParser.parse(joined, file: "1_a.sql", role: .single)
    guard let up, let joined = sections.up else {
      precondition(up == nil && sections.up == nil, "joining loses the section")
      return
    }
    precondition(
      statements(up, .sqlite) == statements(joined, .sqlite), "joining changes the statements")
  } catch {
    preconditionFailure("joining makes it malformed: \(error.message)")
  }
}
