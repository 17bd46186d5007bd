import AdapterCore
import Formats
import Foundation
import TestSupport
import Testing

@Suite struct FileByteSourceTests {
  @Test func readsAFile() throws {
    let directory = try TemporaryDirectory()
    let path = try directory.write("a,b\n1,2\n", to: "x.csv")
    let format = try #require(InputFormat(path: path))
    let collector = RowCollector()
    try format.makeReader(FileByteSource(path: path)).readAll(into: collector)
    #expect(collector.rows == [[.text("1"), .text("2")]])
  }

  @Test func aMissingFileIsNotFoundAndADirectoryIsIO() throws {
    let directory = try TemporaryDirectory()
    let missing = adapterError { _ = try FileByteSource(path: directory.file("none")) }
    #expect(missing?.kind == .notFound)
    let folder = try FileByteSource(path: directory.path)
    let error = adapterError {
      try InputFormat.csv.makeReader(folder).readAll(into: RowCollector())
    }
    #expect(error?.kind == .io)
    #expect(error?.code == "EISDIR")
  }

  @Test func anIdlePipeCanBeCancelled() throws {
    let pipe = Pipe()
    let cancellation = Cancellation()
    let source = FileByteSource(
      borrowing: pipe.fileHandleForReading.fileDescriptor, name: "standard input",
      check: { () throws(AdapterError) in try cancellation.check() })
    let thread = Thread { cancellation.cancel(.signal(2)) }
    thread.start()
    let error = adapterError {
      try InputFormat.csv.makeReader(source).readAll(into: RowCollector())
    }
    #expect(error?.kind == .cancelled)
  }

  @Test(arguments: [
    ("a.csv", InputFormat.csv), ("/x.y/b.TSV", .tsv), ("c.jsonl", .ndjson), ("d.json", .json),
  ])
  func formatsAreKnownByTheirEnding(_ path: String, _ format: InputFormat) {
    #expect(InputFormat(path: path) == format)
  }

  @Test func otherEndingsAreNot() {
    #expect(InputFormat(path: "csv") == nil)
    #expect(InputFormat(path: "a.csv/b") == nil)
  }
}
