import AdapterCore
import Testing

@testable import HTTPCache

/// What stands on the disk, and what becomes of it when it is damaged.
@Suite struct StoredResponseTests {
  private let response = StoredResponse(
    HTTPResponseHead(
      status: 200, reason: "OK", version: "2",
      headers: HTTPHeaders([.init("ETag", "\"ä\""), .init("X", "")])),
    requestTime: 5, responseTime: 6, host: "api.example.com:8443", bodyName: "a.body",
    byteCount: 3, checksum: "0123456789abcdef")

  @Test func isReadAsItWasWritten() {
    let bytes = StoredResponse.encode(.response(response))
    #expect(StoredResponse.decode(bytes) == .response(response))
    let names = StoredResponse.Record.varies(by: ["accept", "x-a"])
    #expect(StoredResponse.decode(StoredResponse.encode(names)) == names)
  }

  @Test func whatIsDamagedIsNothing() {
    let bytes = StoredResponse.encode(.response(response))
    for count in bytes.indices { #expect(StoredResponse.decode(Array(bytes[..<count])) == nil) }
    for index in bytes.indices {
      var damaged = bytes
      damaged[index] ^= 0x04
      #expect(StoredResponse.decode(damaged) == nil, "byte \(index)")
    }
  }

  @Test func aChecksumDoesNotDependOnThePieces() {
    let bytes = (0..<100).map { UInt8($0) }
    let whole = bytes.withUnsafeBufferPointer { Checksum($0).text }
    for cut in bytes.indices {
      var sum = Checksum()
      bytes.withUnsafeBufferPointer { all in
        sum.add(UnsafeBufferPointer(rebasing: all[..<cut]))
        sum.add(UnsafeBufferPointer(rebasing: all[cut...]))
      }
      #expect(sum.text == whole)
    }
    let shorter = Array(bytes.dropLast()).withUnsafeBufferPointer { Checksum($0).text }
    #expect(shorter != whole)
  }

  @Test func whatIsKept() {
    func keeps(_ status: Int, _ fields: HTTPHeaders.Field..., override: Int64? = nil) -> Bool {
      StoragePolicy.keeps(
        HTTPResponseHead(status: status, headers: HTTPHeaders(fields)), override: override)
    }
    let age = HTTPHeaders.Field("Cache-Control", "private, max-age=60")
    #expect(keeps(200, age))
    #expect(keeps(404, age))
    #expect(keeps(200, .init("ETag", "x")))
    #expect(!keeps(200))
    #expect(keeps(200, override: 10))
    #expect(!keeps(404, override: 10))
    #expect(!keeps(200, age, .init("Cache-Control", "no-store"), override: 10))
    #expect(!keeps(200, age, .init("Vary", "Accept, *")))
    #expect(!keeps(206, age))
    #expect(!keeps(500, age))
    #expect(keeps(302, age))
    #expect(!keeps(302, override: 10))
    #expect(keeps(301, override: 10))
  }
}
