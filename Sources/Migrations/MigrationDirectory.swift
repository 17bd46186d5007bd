import AdapterCore
import Platform

/// The folder that migrations live in.
public struct MigrationDirectory: Sendable {
  public let path: String

  public init(_ path: String) { self.path = path }

  /// Its migrations by version.
  ///
  /// Throws `notFound` without the folder, `conflict` for two files of one version, `data` with file
  /// and line for a malformed file. Files whose names are none of a migration are left alone.
  public func load() throws(AdapterError) -> [Migration] {
    var files: [MigrationVersion: [(path: String, name: MigrationFileName)]] = [:]
    for fileName in try names() {
      guard let name = MigrationFileName(fileName) else { continue }
      files[name.version, default: []].append(("\(path)/\(fileName)", name))
    }
    var migrations: [Migration] = []
    for (_, group) in files.sorted(by: { $0.key < $1.key }) { migrations.append(try read(group)) }
    return migrations
  }

  /// SQL files that are left alone because no version stands in front of their name.
  public func ignoredFiles() throws(AdapterError) -> [String] {
    try names().filter { $0.hasSuffix(".sql") && MigrationFileName($0) == nil }
  }

  /// Creates the files of a new migration, and the folder when it is missing; returns their paths.
  public func create(name: String, isPair: Bool) throws(AdapterError) -> [String] {
    do throws(Errno) {
      try FileSystem.createFolders(path)
    } catch {
      throw AdapterError(error, doing: "create the folder", path: path)
    }
    let taken = try names().compactMap { MigrationFileName($0)?.version }
    let files = try MigrationTemplate.files(
      name: name, time: secondsSince1970(), isPair: isPair, taken: taken)
    var paths: [String] = []
    for file in files {
      let filePath = "\(path)/\(file.name)"
      try write(file.content, to: filePath)
      paths.append(filePath)
    }
    return paths
  }

  private func write(_ content: String, to file: String) throws(AdapterError) {
    do throws(Errno) {
      let descriptor = try FileDescriptor.create(file, exclusive: true)
      let output = OutputBuffer(descriptor: descriptor.rawValue)
      output.append(content)
      try output.flush()
    } catch {
      throw AdapterError(error, doing: "create", path: file)
    }
  }

  private func names() throws(AdapterError) -> [String] {
    do throws(Errno) {
      return try FileSystem.names(in: path)
    } catch {
      throw AdapterError(
        error, doing: "read the folder", path: path,
        hint: error == .noSuchFile
          ? "nb db migrate new creates it; --dir names another" : nil)
    }
  }

  // MARK: Reading

  private func read(
    _ group: [(path: String, name: MigrationFileName)]
  ) throws(AdapterError) -> Migration {
    let single = group.filter { $0.name.role == .single }
    let ups = group.filter { $0.name.role == .up }
    let downs = group.filter { $0.name.role == .down }
    if single.count + ups.count != 1 || downs.count > 1 || !single.isEmpty && !downs.isEmpty {
      throw ambiguous(group)
    }
    if let file = single.first {
      let text = try MigrationText.read(file.path)
      let (up, down) = try MigrationParser.parse(text, file: file.path, role: .single)
      return Migration(
        version: file.name.version, name: file.name.name, files: [file.path], source: text, up: up,
        down: down)
    }
    return try readPair(up: ups[0], down: downs.first)
  }

  private func readPair(
    up: (path: String, name: MigrationFileName), down: (path: String, name: MigrationFileName)?
  ) throws(AdapterError) -> Migration {
    let upText = try MigrationText.read(up.path)
    let downText = try down.map { file throws(AdapterError) in try MigrationText.read(file.path) }
    let upSection = try MigrationParser.parse(upText, file: up.path, role: .up).up
    var downSection: MigrationSection?
    if let down, let downText {
      downSection = try MigrationParser.parse(downText, file: down.path, role: .down).down
    }
    let (source, upOffset, downOffset) = MigrationText.join(up: upText, down: downText)
    return Migration(
      version: up.name.version, name: up.name.name,
      files: [up.path] + (down.map { [$0.path] } ?? []),
      source: source, up: upSection?.within(source, at: upOffset),
      down: downSection?.within(source, at: downOffset))
  }

  private func ambiguous(
    _ group: [(path: String, name: MigrationFileName)]
  ) -> AdapterError {
    let paths = group.map(\.path)
    if group.allSatisfy({ $0.name.role == .down }) && group.count == 1 {
      return AdapterError(
        .data, "\(paths[0]) has no file for up beside it",
        hint: "name the other file of the pair \(stem(paths[0])).up.sql")
    }
    return AdapterError(
      .conflict,
      "version \(group[0].name.version.text) is used twice: "
        + paths.joined(separator: " and "),
      hint: "give one of them a version of its own")
  }

  private func stem(_ path: String) -> String {
    String(path.dropLast(".down.sql".count))
  }
}
