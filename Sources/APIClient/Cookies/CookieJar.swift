import AdapterCore
import Platform

/// Cookies that outlive the process, in a file that several processes may use at once.
public final class CookieJar: HTTPCookies {
  private static let fileLimit = 4 << 20
  /// The oldest go when there are more.
  private static let maximumCount = 3000

  private let path: String
  private let operation: OperationContext
  private let isPublicSuffix: (String) -> Bool?
  private var cookies: [Cookie]
  private var hasComplained = false

  /// Reads the jar; a file that does not exist is an empty one.
  ///
  /// Throws `data` for a file that holds something else, which is then left alone, and what reading it
  /// throws.
  ///
  /// - Parameter isPublicSuffix: whether strangers share a domain; nil where that is not known.
  public init(
    _ path: String, _ operation: OperationContext,
    isPublicSuffix: @escaping (String) -> Bool?
  ) throws(AdapterError) {
    self.path = path
    self.operation = operation
    self.isPublicSuffix = isPublicSuffix
    do throws(Errno) {
      cookies = try Self.read(path) ?? []
    } catch {
      guard error != .invalidArgument else {
        throw AdapterError(
          .data, "\(path) is no file of cookies", hint: "curl's and nb's are of Netscape's format")
      }
      throw AdapterError(error, reading: path)
    }
  }

  /// nil when there is no file; throws `invalidArgument` for one that holds something else.
  private static func read(_ path: String) throws(Errno) -> [Cookie]? {
    let file: SmallFile
    do throws(Errno) {
      file = try SmallFile(reading: path, limit: fileLimit)
    } catch {
      if error == .noSuchFile { return nil }
      throw error
    }
    guard let cookies = CookieFile.parse(file.bytes) else { throw .invalidArgument }
    return cookies
  }

  // MARK: Of requests and responses

  public func field(for url: HTTPURL) -> String? {
    let now = secondsSince1970()
    let fitting = cookies.filter { !$0.isExpired(now: now) && $0.belongs(to: url) }
    guard !fitting.isEmpty else { return nil }
    // Longer paths first, otherwise as they came (RFC 6265, section 5.4); the sort must be stable.
    let sorted = fitting.enumerated().sorted { one, other in
      let (left, right) = (one.element.path.utf8.count, other.element.path.utf8.count)
      return left == right ? one.offset < other.offset : left > right
    }
    return sorted.map { "\($0.element.name)=\($0.element.value)" }.joined(separator: "; ")
  }

  public func take(from head: HTTPResponseHead, of url: HTTPURL) {
    let now = secondsSince1970()
    let new = head.headers.values("Set-Cookie").compactMap {
      SetCookie.parse($0, from: url, now: now) { domain in
        isPublicSuffix(domain) ?? CookieDomain.isPublicSuffix(domain)
      }
    }
    guard !new.isEmpty else { return }
    Self.merge(new, into: &cookies, now: now)
    save(new, now: now)
  }

  /// Puts new cookies where those were that they replace.
  private static func merge(_ new: [Cookie], into cookies: inout [Cookie], now: Int64) {
    for cookie in new {
      if let index = cookies.firstIndex(where: { cookie.replaces($0) }) {
        cookies[index] = cookie
      } else {
        cookies.append(cookie)
      }
    }
    cookies.removeAll { $0.isExpired(now: now) }
    if cookies.count > maximumCount { cookies.removeFirst(cookies.count - maximumCount) }
  }

  // MARK: The file

  /// Changes the file as the jar was changed: what other processes have put there stays.
  private func save(_ new: [Cookie], now: Int64) {
    do throws(Errno) {
      let folder = FileSystem.parent(of: path)
      try FileSystem.createFolders(folder, mode: 0o700)
      let lock = try FileDescriptor.openDirectory(folder)
      try lock.lock()
      if let present = try Self.read(path) {
        cookies = present
        Self.merge(new, into: &cookies, now: now)
      }
      try SmallFile.replace(
        path, with: Array(CookieFile.text(cookies).utf8), mode: 0o600, isDurable: false)
      lock.unlock()
    } catch {
      guard !hasComplained else { return }
      hasComplained = true
      operation.note("cookies are not kept in \(path): \(error.message)")
    }
  }
}
