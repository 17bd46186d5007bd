import AdapterCore
import Platform

public enum MigrationDirection: String, Sendable {
  case up, down
}

/// One migration as its file, or its pair of files, has it.
public struct Migration: Equatable, Sendable {
  public let version: MigrationVersion
  public let name: String
  /// The paths it was read from; none for one that only the history still knows.
  public let files: [String]
  /// The content as the history stores it: one text with both directions.
  public let source: String
  /// SHA-256 of `source`, in hexadecimal.
  public let checksum: String
  public let up: MigrationSection?
  public let down: MigrationSection?

  public init(
    version: MigrationVersion, name: String, files: [String], source: String,
    up: MigrationSection?, down: MigrationSection?
  ) {
    self.version = version
    self.name = name
    self.files = files
    self.source = source
    checksum = SHA256.hexDigest(of: source.utf8)
    self.up = up
    self.down = down
  }

  /// `20240131_create_users`, for messages.
  public var label: String { Migration.label(version, name) }

  public static func label(_ version: MigrationVersion, _ name: String) -> String {
    name.isEmpty ? version.text : "\(version.text)_\(name)"
  }

  public func section(_ direction: MigrationDirection) -> MigrationSection? {
    direction == .up ? up : down
  }
}

/// One direction of a migration.
public struct MigrationSection: Equatable, Sendable {
  /// A run of lines.
  struct Fragment: Equatable, Sendable {
    /// Where it stands in the UTF-8 of the section's text.
    var range: Range<Int>
    var line: Int
    /// Between `+goose StatementBegin` and `StatementEnd`.
    var isBlock: Bool
  }

  /// The file it stands in, for positions.
  public var file: String
  /// The whole text that it is a part of.
  var text: String
  public var isTransactional = true
  var fragments: [Fragment] = []

  /// Its statements; throws `data` where one does not end.
  ///
  /// A goose block is one statement for a dialect whose bodies only a client's DELIMITER holds
  /// together; elsewhere the splitter knows the bodies, and a block may hold several statements.
  public func statements(_ dialect: SQLDialect) throws(AdapterError) -> MigrationStatements {
    var statements = MigrationStatements(of: text, file: file)
    for fragment in fragments {
      let isWhole = fragment.isBlock && dialect.hasDelimiterCommand
      var isFirst = true
      try StatementSplitter.forEach(
        in: text, part: fragment.range, dialect: dialect, file: file, line: fragment.line
      ) { _, range, position in
        if isFirst || !isWhole {
          statements.append(isWhole ? fragment.range : range, position)
        }
        isFirst = false
      }
    }
    return statements
  }

  /// The same section as part of a text that holds its own from `offset` on.
  func within(_ text: String, at offset: Int) -> MigrationSection {
    var section = self
    section.text = text
    for index in section.fragments.indices {
      let range = section.fragments[index].range
      section.fragments[index].range = range.lowerBound + offset..<range.upperBound + offset
    }
    return section
  }
}
