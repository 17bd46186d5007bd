import Foundation
import JSON
import TestSupport
import Testing

@Suite struct DoctorTests {
  /// gzip of "a,b\n1,2\n".
  private func writeCompressed(_ folder: TemporaryDirectory) throws {
    let path = try folder.write("a,b\n1,2\n", to: "data.csv")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/gzip")
    process.arguments = [path]
    try process.run()
    process.waitUntilExit()
  }

  /// A folder whose libz.so.1 cannot be loaded, as the loader's search path.
  private func brokenZlib(_ folder: TemporaryDirectory) throws -> [String: String] {
    try folder.write("", to: "libz.so.1")
    return ["LD_LIBRARY_PATH": folder.path]
  }

  @Test func listsEveryLibraryAsRecords() throws {
    let result = try NB.run(["doctor", "-o", "json"])
    #expect(result.status == 0)
    let records = try JSONParser.parse(result.output).array ?? []
    #expect(
      records.compactMap { $0["library"]?.string } == [
        "SQLite", "toml++", "libpq", "libmariadb", "libcurl", "libpsl", "OpenSSL", "hiredis",
        "librabbitmq", "zlib",
      ])
    #expect(records[0]["state"]?.string == "built in")
    #expect(records[0]["details"]?.string?.contains("FTS5") == true)
    #expect(records[2]["state"]?.string == "present")
    #expect(records[2]["package"]?.string == "libpq5")
    #expect(records.last?["path"]?.string?.contains("libz.so") == true)
  }

  @Test func aMissingLibraryIsNamedWithWhatItDisables() throws {
    let folder = try TemporaryDirectory()
    let result = try NB.run(["doctor", "-o", "json"], environment: try brokenZlib(folder))
    #expect(result.status == 0)
    let record = (try JSONParser.parse(result.output).array ?? []).last
    #expect(record?["state"]?.string == "missing")
    #expect(record?["package"]?.string == "zlib1g")
    #expect(record?["details"]?.string?.contains("libz.so.1: file too short") == true)
    // Other libraries that need zlib are missing with it.
    #expect(
      result.errors.hasSuffix(
        "nb: zlib, needed for gzip-compressed input, is missing; "
          + "to install it: apt install zlib1g\n"))
  }

  @Test func aMissingLibraryStopsOnlyWhatItServes() throws {
    let folder = try TemporaryDirectory()
    try writeCompressed(folder)
    let environment = try brokenZlib(folder)
    let refused = try NB.run(
      ["db", "load", "--create", "a.db", "t", "data.csv.gz"], environment: environment,
      in: folder)
    #expect(refused.status == 69)
    #expect(
      refused.errors.hasPrefix("nb: zlib, needed for gzip-compressed input, cannot be loaded: "))
    #expect(refused.errors.hasSuffix("hint: install the package zlib1g: apt install zlib1g\n"))
    try folder.write("a,b\n1,2\n", to: "data.csv")
    let loaded = try NB.run(
      ["db", "load", "--create", "a.db", "t", "data.csv"], environment: environment, in: folder)
    #expect(loaded.status == 0, "\(loaded.errors)")
  }

  @Test func compressedInputIsLoaded() throws {
    let folder = try TemporaryDirectory()
    try writeCompressed(folder)
    let loaded = try NB.run(
      ["db", "load", "--create", "a.db", "t", "data.csv.gz"], in: folder)
    #expect(loaded.status == 0, "\(loaded.errors)")
    #expect(try NB.run(["db", "query", "a.db", "select * from t"], in: folder).output == "1\t2\n")
  }
}
