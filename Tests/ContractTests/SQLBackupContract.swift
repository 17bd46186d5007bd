import AdapterCore
import Foundation
import TestSupport
import Testing

/// Backup and restore, on every backend that has them.
@Suite struct SQLBackupContract {
  static let backends = SQLBackend.all.filter { $0.features.contains(.backup) }

  private func makeFilled(
    _ backend: SQLBackend, rows: Int = 500
  ) throws -> (scratch: any ScratchDatabase, database: any SQLDatabase) {
    let scratch = try backend.makeDatabase()
    let database = try scratch.open()
    try database.execute(
      "CREATE TABLE t (id \(backend.types.integer) PRIMARY KEY, x \(backend.types.text))")
    try insert(1...rows, into: database)
    return (scratch, database)
  }

  private func insert(_ numbers: ClosedRange<Int>, into database: any SQLDatabase) throws {
    let insert = try database.prepare(SQLText("INSERT INTO t (id, x) VALUES (?, ?)"))
    try database.transaction(.write) { () throws(AdapterError) in
      for number in numbers {
        try insert.run(
          with: [.int(Int64(number)), .text(String(repeating: "x", count: number % 90))])
      }
    }
  }

  private func count(_ database: any SQLDatabase) throws -> Int64? {
    try database.rows("SELECT count(*) FROM t").first?.first?.integer
  }

  private func restore(
    _ path: String, into database: any SQLDatabase,
    confirm: (RestorePlan) throws(AdapterError) -> Bool = { _ in true }
  ) throws -> Bool {
    try database.require(database.backup, "backup")
      .restore(from: path, confirm: confirm, progress: { _ in })
  }

  private func backUp(
    _ database: any SQLDatabase, to path: String, overwrite: Bool = false
  ) throws {
    try database.require(database.backup, "backup")
      .backUp(to: path, overwrite: overwrite, progress: { _ in })
  }

  @Test(arguments: backends)
  func aRestoredDatabaseIsAsItWasBackedUp(_ backend: SQLBackend) throws {
    let folder = try TemporaryDirectory()
    let (scratch, database) = try makeFilled(backend)
    let schema = try database.schema(table: nil)
    try backUp(database, to: folder.file("copy"))
    try database.execute("DROP TABLE t")
    try database.execute("CREATE TABLE other (a \(backend.types.integer))")
    // A connection that knows the old schema must see the new one.
    let other = try scratch.open(.read)
    #expect(try other.rows("SELECT count(*) FROM other") == [[.int(0)]])
    var plan: RestorePlan?
    let isDone = try restore(folder.file("copy"), into: database) { found in
      plan = found
      return true
    }
    #expect(isDone)
    #expect(plan?.backup.tables == 1)
    #expect(plan?.current.tables == 1)
    #expect(try database.schema(table: nil) == schema)
    #expect(try count(database) == 500)
    #expect(try count(other) == 500)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["copy"])
  }

  @Test(arguments: backends)
  func aRestoreThatIsNotConfirmedChangesNothing(_ backend: SQLBackend) throws {
    let folder = try TemporaryDirectory()
    let (_, database) = try makeFilled(backend)
    try backUp(database, to: folder.file("copy"))
    try database.execute("DELETE FROM t WHERE id > 10")
    #expect(try !restore(folder.file("copy"), into: database, confirm: { _ in false }))
    #expect(try count(database) == 10)
  }

  @Test(arguments: backends)
  func anExistingFileIsReplacedOnlyWhenAsked(_ backend: SQLBackend) throws {
    let folder = try TemporaryDirectory()
    let (_, database) = try makeFilled(backend)
    let path = try folder.write("precious", to: "copy")
    let error = try #require(throws: AdapterError.self) { try backUp(database, to: path) }
    #expect(error.kind == .conflict)
    #expect(error.hint?.contains("--overwrite") == true)
    #expect(try folder.read("copy") == "precious")
    try backUp(database, to: path, overwrite: true)
    try database.execute("DELETE FROM t")
    #expect(try restore(path, into: database))
    #expect(try count(database) == 500)
  }

  @Test(arguments: backends)
  func whatIsNoBackupIsRefusedAndNothingChanges(_ backend: SQLBackend) throws {
    let folder = try TemporaryDirectory()
    let (_, database) = try makeFilled(backend, rows: 5000)
    try backUp(database, to: folder.file("good"))
    let good = try Data(contentsOf: URL(fileURLWithPath: folder.file("good")))
    try folder.write("this is a text file, not a backup of anything at all", to: "text")
    try folder.write(Data(), to: "empty")
    try folder.write(good.prefix(good.count / 2), to: "cut")
    var scribbled = good
    scribbled.replaceSubrange(good.count / 2..<good.count / 2 + 8192, with: Data(count: 8192))
    try folder.write(scribbled, to: "scribbled")
    let files: [(String, ErrorKind)] = [
      ("text", .data), ("empty", .data), ("cut", .data), ("scribbled", .data),
      ("missing", .notFound), (".", .data),
    ]
    for (name, kind) in files {
      let error = try #require(throws: AdapterError.self, "\(name)") {
        _ = try restore(folder.file(name), into: database)
      }
      #expect(error.kind == kind, "\(name): \(error)")
      #expect(error.message.contains(name), "\(name): \(error)")
      #expect(try count(database) == 5000)
    }
  }

  @Test(arguments: backends)
  func aFileThatCannotBeWrittenIsReportedAndNothingIsLeft(_ backend: SQLBackend) throws {
    let folder = try TemporaryDirectory()
    let (_, database) = try makeFilled(backend)
    let missing = try #require(throws: AdapterError.self) {
      try backUp(database, to: folder.file("no/such/folder/copy"))
    }
    #expect(missing.kind == .notFound)
    #expect(missing.message.contains("no/such/folder"))
    let directory = try #require(throws: AdapterError.self) {
      try backUp(database, to: folder.path, overwrite: true)
    }
    #expect(directory.kind != .bug)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  @Test(.timeLimit(.minutes(10)), arguments: backends)
  func aBackupIsOneStateWhileOthersWriteAllTheTime(_ backend: SQLBackend) throws {
    let folder = try TemporaryDirectory()
    let (scratch, database) = try makeFilled(backend, rows: 20_000)
    let isDone = Flag()
    // Two rows a transaction: a consistent copy has an even number of them.
    let writer = BackgroundTask {
      let other = try scratch.open()
      var number: Int64 = 1_000_000
      while !isDone.isSet {
        try other.transaction(.write) { () throws(AdapterError) in
          for _ in 1...2 {
            try other.execute("INSERT INTO t (id, x) VALUES (?, 'new')", [.int(number)])
            number += 1
          }
        }
      }
    }
    writer.untilStarted()
    for round in 1...3 { try backUp(database, to: folder.file("copy\(round)")) }
    isDone.set()
    try writer.finish()
    #expect(try restore(folder.file("copy3"), into: database))
    let counted = try #require(try count(database))
    #expect(counted >= 20_000)
    #expect(counted % 2 == 0)
  }

  @Test(arguments: backends)
  func aCancelledBackupLeavesNothingAndACancelledRestoreChangesNothing(
    _ backend: SQLBackend
  ) throws {
    let folder = try TemporaryDirectory()
    let (scratch, database) = try makeFilled(backend, rows: 50_000)
    try backUp(database, to: folder.file("good"))
    try database.execute("DELETE FROM t WHERE id > 10")
    for phase in [BackupProgress.Phase.copying, .verifying] {
      let operation = OperationContext()
      let source = try scratch.open(operation: operation)
      let error = try #require(throws: AdapterError.self) {
        try source.require(source.backup, "backup").backUp(
          to: folder.file("copy"), overwrite: false,
          progress: { if $0.phase == phase { operation.cancellation.cancel(.signal(2)) } })
      }
      #expect(error.kind == .cancelled)
      let restoring = OperationContext()
      let target = try scratch.open(operation: restoring)
      let stopped = try #require(throws: AdapterError.self) {
        _ = try target.require(target.backup, "backup").restore(
          from: folder.file("good"), confirm: { _ in true },
          progress: { if $0.phase == phase { restoring.cancellation.cancel(.signal(2)) } })
      }
      #expect(stopped.kind == .cancelled)
      #expect(try count(database) == 10)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["good"])
  }

  @Test(arguments: backends)
  func progressEndsAtItsTotal(_ backend: SQLBackend) throws {
    let folder = try TemporaryDirectory()
    let (_, database) = try makeFilled(backend, rows: 5000)
    var steps: [BackupProgress] = []
    try database.require(database.backup, "backup")
      .backUp(to: folder.file("copy"), overwrite: false) { steps.append($0) }
    let copying = steps.filter { $0.phase == .copying }
    #expect(copying.last?.doneBytes == copying.last?.totalBytes)
    #expect((copying.last?.totalBytes ?? 0) > 0)
    #expect(steps.last?.phase == .verifying)
  }
}
