import AdapterCore
import HTTPCache

/// Cache-Control fields as a server sends them: a further directive never makes a cache laxer.
@Sendable func fuzzCacheControl(_ bytes: UnsafeBufferPointer<UInt8>) {
  let text = String(decoding: bytes, as: UTF8.self)
  let read = CacheControl(HTTPHeaders([.init("Cache-Control", text)]))
  for seconds in [read.maxAge, read.staleIfError] {
    precondition(seconds.map { (0...1 << 31).contains($0) } ?? true, text)
  }
  let twice = CacheControl(
    HTTPHeaders([.init("Cache-Control", text), .init("cache-control", text)]))
  precondition(read == twice, text)
  let strict = CacheControl(
    HTTPHeaders([
      .init("Cache-Control", "no-store, no-cache, max-age=0, stale-if-error=0"),
      .init("Cache-Control", text),
    ]))
  precondition(strict.noStore && strict.noCache && strict.maxAge == 0, text)
  precondition(strict.staleIfError == 0, text)
}
