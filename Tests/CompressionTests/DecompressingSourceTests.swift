import AdapterCore
import Compression
import Foundation
import TestSupport
import Testing

@Suite struct DecompressingSourceTests {
  /// Hands out bytes in pieces.
  private final class Pieces: ByteSource {
    private var rest: ArraySlice<UInt8>
    private let size: Int

    init(_ bytes: [UInt8], size: Int) {
      rest = bytes[...]
      self.size = size
    }

    func read(into buffer: UnsafeMutableRawBufferPointer) -> Int {
      let piece = rest.prefix(min(size, buffer.count))
      buffer.copyBytes(from: piece)
      rest = rest.dropFirst(piece.count)
      return piece.count
    }
  }

  /// What gzip(1) makes of `bytes`.
  private static func gzip(_ bytes: [UInt8]) throws -> [UInt8] {
    let folder = try TemporaryDirectory()
    let path = try folder.write(Data(bytes), to: "data")
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/gzip")
    process.arguments = [path]
    try process.run()
    process.waitUntilExit()
    return Array(try Data(contentsOf: URL(fileURLWithPath: path + ".gz")))
  }

  private func readAll(
    _ bytes: [UInt8], pieces: Int = .max, chunk: Int = 4096
  ) throws(AdapterError) -> [UInt8] {
    let source = DecompressingSource(Pieces(bytes, size: pieces), name: "data.gz")
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 1)
    defer { buffer.deallocate() }
    var content: [UInt8] = []
    while case let count = try source.read(into: buffer), count > 0 { content += buffer[..<count] }
    return content
  }

  private func failure(_ bytes: [UInt8]) -> AdapterError? {
    do throws(AdapterError) {
      _ = try readAll(bytes)
      return nil
    } catch {
      return error
    }
  }

  /// Half compressible, half not, larger than every buffer on the way.
  private static let sample: [UInt8] = (0..<600_000).map { number in
    number % 2 == 0 ? 0x61 : UInt8(truncatingIfNeeded: number &* 2_654_435_761 >> 13)
  }

  @Test(arguments: [(Int.max, 256 * 1024), (1000, 4096), (1, 2), (7, 100_000)])
  func gzipIsDecompressed(_ pieces: Int, _ chunk: Int) throws {
    let sample = pieces == 1 ? Array(Self.sample.prefix(5000)) : Self.sample
    let compressed = try Self.gzip(sample)
    #expect(try readAll(compressed, pieces: pieces, chunk: chunk) == sample)
  }

  @Test func membersFollowEachOtherAndPaddingIsSkipped() throws {
    let one = try Self.gzip(Array("one,".utf8))
    let two = try Self.gzip(Array("two".utf8))
    let padding = [UInt8](repeating: 0, count: 512)
    #expect(try readAll(one + padding + two + padding) == Array("one,two".utf8))
    #expect(try readAll(try Self.gzip([])) == [])
  }

  @Test(arguments: ["", "a", "a,b\n1,2\n", "\u{1F}", "\u{1F}x"])
  func everythingElseIsHandedOnAsItIs(_ text: String) throws {
    #expect(try readAll(Array(text.utf8)) == Array(text.utf8))
    #expect(try readAll(Array(text.utf8), pieces: 1) == Array(text.utf8))
  }

  @Test func aTruncatedStreamIsADataError() throws {
    let compressed = try Self.gzip(Self.sample)
    for count in [3, 10, 1000, compressed.count - 1] {
      let error = failure(Array(compressed.prefix(count)))
      #expect(error?.kind == .data)
      #expect(error?.message == "cannot decompress data.gz: it ends early")
    }
  }

  @Test func damageIsADataError() throws {
    var compressed = try Self.gzip(Self.sample)
    compressed[compressed.count - 6] ^= 1
    #expect(failure(compressed)?.message == "cannot decompress data.gz: incorrect data check")
    #expect(failure([0x1F, 0x8B, 1, 2, 3, 4, 5, 6, 7, 8, 9])?.kind == .data)
    let garbage = try Self.gzip(Array("x".utf8)) + Array("garbage".utf8)
    #expect(failure(garbage)?.kind == .data)
  }

  @Test func zlibTellsItsVersionAndPath() throws {
    guard case .present(let version, let path) = Zlib.library.load() else {
      throw AdapterError(.bug, "zlib is not installed")
    }
    #expect(version.hasPrefix("1."))
    #expect(path.contains("libz.so"))
    #expect(Zlib.library.load() == .present(version: version, path: path))
  }
}
