import Glibc

/// An extended regular expression of POSIX (regex(7)), which a text matches anywhere unless it is
/// anchored.
public final class POSIXRegex: @unchecked Sendable {
  /// Longer patterns are refused: regcomp(3) recurses on them.
  public static let maximumLength = 4096

  /// Why a pattern is none: what regerror(3) says.
  public struct Fault: Error, Equatable {
    public var message: String
  }

  private var expression = regex_t()

  /// Compiles a pattern; throws what is wrong with it (regcomp(3)).
  public init(_ pattern: String) throws(Fault) {
    guard pattern.utf8.count <= Self.maximumLength else { throw Fault(message: "it is too long") }
    guard !pattern.utf8.contains(0) else { throw Fault(message: "it holds a NUL") }
    let status = regcomp(&expression, pattern, REG_EXTENDED | REG_NOSUB)
    guard status == 0 else {
      var text = [CChar](repeating: 0, count: 256)
      regerror(status, &expression, &text, text.count)
      throw Fault(message: text.withUnsafeBufferPointer { Self.text($0).lowercasedFirst })
    }
  }

  deinit { regfree(&expression) }

  private static func text(_ characters: UnsafeBufferPointer<CChar>) -> String {
    characters.baseAddress.map { String(cString: $0) } ?? ""
  }

  /// Whether some part of these bytes matches; they may hold NULs (regexec(3) with REG_STARTEND).
  public func matches(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let base = bytes.baseAddress else {
      return withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 1) { empty in
        empty[0] = 0
        return matches(UnsafePointer(empty.baseAddress), 0)
      }
    }
    return matches(base, bytes.count)
  }

  private func matches(_ base: UnsafePointer<UInt8>?, _ count: Int) -> Bool {
    guard let base, count <= Int(Int32.max) else { return false }
    var range = regmatch_t(rm_so: 0, rm_eo: regoff_t(count))
    let text = UnsafeRawPointer(base).assumingMemoryBound(to: CChar.self)
    return regexec(&expression, text, 1, &range, REG_STARTEND) == 0
  }
}

extension String {
  fileprivate var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}
