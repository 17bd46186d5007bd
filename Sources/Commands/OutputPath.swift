import AdapterCore
import Platform

/// A path that a command is asked to write to.
///
/// The checks refuse one that leads to what the command itself reads or works on, by whatever
/// spelling or link: writing there would destroy it.
struct OutputPath {
  let path: String

  init(_ path: String) { self.path = path }

  /// Throws `usage` when it is one of the database's files.
  func refuse(filesOf database: any SQLDatabase) throws(AdapterError) {
    for file in database.localFiles where FileSystem.isSameFile(path, file) {
      throw refusal("the database \(database.displayName)")
    }
  }

  /// Throws `usage` when it is the file that records are read from; "-" is stdin.
  func refuse(input: String) throws(AdapterError) {
    guard let status = try? FileStatus(path: path), status.kind == .regular else { return }
    let read = input == "-" ? try? FileStatus(descriptor: 0) : try? FileStatus(path: input)
    guard read?.identity == status.identity else { return }
    throw refusal("the file that is read")
  }

  private func refusal(_ what: String) -> AdapterError {
    AdapterError(
      .usage, "\(path) is \(what), and would be overwritten", hint: "name another file to write to")
  }
}
