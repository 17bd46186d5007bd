import Foundation
import Platform
import TestSupport
import Testing

@Suite struct AtomicFileTests {
  private func write(_ text: String, _ file: borrowing AtomicFile) throws {
    let bytes = Array(text.utf8)
    let descriptor = file.descriptor
    try bytes.withUnsafeBytes { try writeAll($0, to: descriptor) }
  }

  private func names(_ directory: TemporaryDirectory) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
  }

  @Test func appearsOnCommitOnly() throws {
    let directory = try TemporaryDirectory()
    try directory.write("old", to: "a.txt")
    let file = try AtomicFile(directory.file("a.txt"))
    try write("new", file)
    #expect(try directory.read("a.txt") == "old")
    try file.commit()
    #expect(try directory.read("a.txt") == "new")
    #expect(try names(directory) == ["a.txt"])
  }

  @Test func isRemovedWithoutCommit() throws {
    let directory = try TemporaryDirectory()
    func fail() throws {
      let file = try AtomicFile(directory.file("a.txt"))
      try write("half", file)
      throw CancellationError()
    }
    #expect(throws: CancellationError.self) { try fail() }
    #expect(try names(directory) == [])
  }

  @Test func refusesAnExistingFileWhenAskedTo() throws {
    let directory = try TemporaryDirectory()
    try directory.write("old", to: "a.txt")
    #expect(throws: Errno.alreadyExists) {
      _ = try AtomicFile(directory.file("a.txt"), replacesExisting: false)
    }
    let file = try AtomicFile(directory.file("b.txt"), replacesExisting: false)
    // Another process is faster.
    try directory.write("theirs", to: "b.txt")
    var thrown: Errno?
    do throws(Errno) { try file.commit() } catch { thrown = error }
    #expect(thrown == .alreadyExists)
    #expect(try directory.read("b.txt") == "theirs")
    #expect(try names(directory) == ["a.txt", "b.txt"])
  }

  @Test func keepsPermissionsAndLinks() throws {
    let directory = try TemporaryDirectory()
    let target = try directory.write("old", to: "target")
    #expect(chmod(target, 0o640) == 0)
    #expect(symlink("target", directory.file("link")) == 0)
    let file = try AtomicFile(directory.file("link"))
    try write("new", file)
    try file.commit()
    #expect(try directory.read("target") == "new")
    #expect(try FileStatus(path: target).permissions == 0o640)
    #expect(try names(directory) == ["link", "target"])
  }

  @Test func theFolderMustExist() throws {
    let directory = try TemporaryDirectory()
    #expect(throws: Errno.noSuchFile) { _ = try AtomicFile(directory.file("no/a.txt")) }
    #expect(throws: Errno.isDirectory) { _ = try AtomicFile(directory.path) }
  }

  /// Then nothing can be left, whatever ends the process.
  @Test func hasNoNameBeforeCommitUnlessOneIsNeeded() throws {
    let directory = try TemporaryDirectory()
    let file = try AtomicFile(directory.file("a.txt"))
    let named = try AtomicFile(directory.file("b.txt"), needsName: true)
    let (name, other) = (named.temporaryPath, file.temporaryPath)
    #expect(try names(directory).count == (other == nil ? 1 : 2))
    #expect(FileManager.default.fileExists(atPath: name ?? ""))
    try write("a", file)
    try write("b", named)
    try file.commit()
    try named.commit()
    #expect(try names(directory) == ["a.txt", "b.txt"])
    #expect(try directory.read("a.txt") + directory.read("b.txt") == "ab")
  }

  @Test(arguments: [false, true])
  func replacesWhatStandsThere(needsName: Bool) throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write("old", to: "a.txt")
    #expect(chmod(path, 0o640) == 0)
    let file = try AtomicFile(path, mode: 0o600, needsName: needsName)
    try write("new", file)
    #expect(try directory.read("a.txt") == "old")
    try file.commit()
    #expect(try directory.read("a.txt") == "new")
    #expect(try FileStatus(path: path).permissions == 0o640)
    #expect(try names(directory) == ["a.txt"])
  }
}
