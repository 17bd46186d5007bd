import Foundation
import TestSupport
import Testing

/// `nb api get --download`: whole or not there, and gone on with where it broke off.
@Suite(.needsServers) struct APIDownloadTests {
  let directory: TemporaryDirectory
  let server: String

  init() throws {
    directory = try TemporaryDirectory()
    server = try TestServers.misbehaving.origin
  }

  private func download(_ route: String, _ more: String...) throws -> NB.Result {
    try NB.run(
      ["api", "get", "\(server)/\(route)", "--download", "out", "--retry-backoff", "1ms"] + more,
      in: directory)
  }

  private var files: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted() }
  }

  private func content(_ size: Int) -> Data {
    Data(String(repeating: "0123456789abcdef", count: size / 16 + 1).utf8.prefix(size))
  }

  @Test func isWholeAndLeavesNothingElse() throws {
    let result = try download("file?size=3000000&key=\(UUID())")
    #expect(result.status == 0)
    #expect(result.output == "")
    #expect(try Data(contentsOf: URL(fileURLWithPath: directory.file("out"))) == content(3_000_000))
    #expect(try files == ["out"])
  }

  @Test func goesOnByItselfAndInALaterRun() throws {
    let size = 2_000_000
    let byItself = try download("file?size=\(size)&cut=700000&key=\(UUID())")
    #expect(byItself.status == 0, "\(byItself.errors)")
    #expect(try Data(contentsOf: URL(fileURLWithPath: directory.file("out"))) == content(size))
    let route = "file?size=\(size)&cut=700000&key=\(UUID())"
    let first = try download(route, "--retries", "0")
    #expect(first.status == 75)
    #expect(try files.count == 3)
    let second = try download(route, "--retries", "0", "-v")
    #expect(second.status == 0)
    #expect(second.errors.contains("> Range: bytes=700000-"))
    #expect(try Data(contentsOf: URL(fileURLWithPath: directory.file("out"))) == content(size))
    #expect(try files == ["out"])
  }

  @Test func anInterruptionSaysHowToGoOn() throws {
    let url = "\(server)/file?size=2000000&cut=700000&hang=1&key=\(UUID())"
    let words = ["api", "get", url, "--download", "out"]
    let nb = try NB.start(words, in: directory)
    let part = URL(fileURLWithPath: directory.file(".out.nb-part"))
    try nb.wait { (try? Data(contentsOf: part))?.isEmpty == false }
    nb.send(SIGINT)
    let stopped = try nb.finish()
    #expect(stopped.signal == SIGINT)
    #expect(
      stopped.errors.contains("of out is kept; the same command goes on from there"),
      "\(stopped.errors)")
    #expect(try NB.run(words, in: directory).status == 0)
    #expect(try Data(contentsOf: URL(fileURLWithPath: directory.file("out"))) == content(2_000_000))
    // Nothing is kept of what cannot be gone on with.
    let other = try NB.start(
      [
        "api", "get", "\(server)/file?size=2000000&cut=700000&hang=1&tag=none&key=\(UUID())",
        "--download", "other",
      ], in: directory)
    try other.wait { directory.exists(".other.nb-part") }
    other.send(SIGINT)
    #expect(try other.finish().errors == "")
    #expect(try files == ["out"])
  }

  @Test func theFileAppearsWhenTheResponseIsAsExpected() throws {
    let size = 200_000
    func expect(_ words: String..., route: String) throws -> NB.Result {
      try NB.run(
        [
          "api", "get", "\(server)/\(route)&key=\(UUID())", "--download", "out", "--junit",
          "out.xml",
          "--retry-backoff", "1ms",
        ] + words.flatMap { ["--expect", $0] }, in: directory)
    }
    let bad = try expect("status=200", "size<1000", "header.x-none", route: "file?size=\(size)")
    #expect(bad.status == 1)
    #expect(bad.errors.contains("size<1000: it has \(size) bytes"), "\(bad.errors)")
    #expect(bad.errors.contains("header.x-none"))
    #expect(try files == ["out.xml"])
    // What was gone on with is judged as if it had come at once.
    let good = try expect(
      "status=200", "size=\(size)", "header.etag", route: "file?size=\(size)&cut=70000")
    #expect(good.status == 0, "\(good.errors)")
    #expect(try files == ["out", "out.xml"])
    let gone = try expect("status=200", route: "status?code=404")
    #expect(gone.status == 1)
    #expect(gone.output == "the content of a status\n")
    #expect(try expect("status=404", route: "status?code=404").status == 0)
    let cut = try expect("status=200", "time<1h", route: "truncated?bytes=10")
    #expect(cut.status == 75)
    let report = try String(contentsOfFile: directory.file("out.xml"), encoding: .utf8)
    #expect(report.contains("<error"))
    #expect(try files == ["out", "out.xml"])
  }

  @Test func beginsAnewWhenTheContentHasChanged() throws {
    let key = UUID()
    let base = "file?size=1000000&cut=400000&key=\(key)"
    #expect(try download(base, "--retries", "0").status == 75)
    // The same URL for nb, another entity tag for the server.
    let state = try #require(try files.first { $0.hasSuffix("-part-of") })
    let text = try String(contentsOfFile: directory.file(state), encoding: .utf8)
    try text.replacingOccurrences(of: "v1", with: "v0")
      .write(toFile: directory.file(state), atomically: true, encoding: .utf8)
    #expect(try download(base).status == 0)
    #expect(try Data(contentsOf: URL(fileURLWithPath: directory.file("out"))) == content(1_000_000))
  }

  @Test func whatCannotBeGoneOnWithIsRemoved() throws {
    let result = try download(
      "file?size=1000000&cut=400000&tag=none&key=\(UUID())", "--retries", "0")
    #expect(result.status == 75)
    #expect(try files == [])
  }

  @Test func aRefusalLeavesTheOldFile() throws {
    _ = try directory.write("old", to: "out")
    let result = try download("status?code=404")
    #expect(result.status == 66)
    #expect(result.output == "the content of a status\n")
    #expect(try files == ["out"])
    #expect(try String(contentsOfFile: directory.file("out"), encoding: .utf8) == "old")
  }

  @Test(arguments: ["v1", "none"]) func anInterruptKeepsOnlyWhatIsOfUse(_ tag: String) throws {
    let nginx = try TestServers.nginxWithoutTLS.origin
    // 256 KiB a second: it lasts a minute. Without a validator there is nothing to resume by.
    let url = tag == "none" ? "\(server)/stall?bytes=100" : "\(nginx)/slow/16m.bin"
    let nb = try NB.start(
      ["api", "get", url, "--download", "out"], environment: NB.environment(home: directory),
      in: directory)
    let part = directory.file(".out.nb-part")
    let deadline = Date().addingTimeInterval(20)
    while !FileManager.default.fileExists(atPath: part + (tag == "none" ? "" : "-of")) {
      #expect(Date() < deadline)
      usleep(10_000)
    }
    nb.send(SIGINT)
    #expect(try nb.finish().signal == SIGINT)
    #expect(try files.contains(".out.nb-part") == (tag != "none"))
    #expect(try !files.contains("out"))
  }
}
