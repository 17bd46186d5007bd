import AdapterCore

/// Takes content that is small into memory.
public final class CollectedContent: HTTPResponseSink {
  public private(set) var bytes: [UInt8] = []
  private let limit: Int

  /// - Parameter limit: more bytes are refused.
  public init(limit: Int) { self.limit = limit }

  public func begin(_ head: HTTPResponseHead, of request: HTTPRequest) { bytes = [] }

  public func write(_ piece: BorrowedBytes) throws(AdapterError) {
    guard bytes.count + piece.count <= limit else {
      throw AdapterError(.protocolViolation, "an answer is larger than \(limit) bytes")
    }
    bytes += piece
  }
}
