import AdapterCore
import AdapterRegistry
import Foundation
import JSON
import Platform
import TestSupport
import Testing

/// What holds for every `HTTPClient`, through the port alone.
@Suite(.needsServers, .timeLimit(.minutes(10))) struct HTTPClientContract {
  let plain: String
  let secure: String

  init() throws {
    plain = try TestServers.misbehaving.origin
    secure = try TestServers.nginx.origin
  }

  private func client(
    _ change: (inout HTTPOptions) -> Void = { _ in },
    _ operation: OperationContext = OperationContext()
  ) throws -> any HTTPClient {
    var options = HTTPOptions()
    options.tls.authorityFile = TestServers.authority
    options.idleTimeout = .seconds(60)
    change(&options)
    return try AdapterRegistry.openHTTP(options, operation)
  }

  private static let quick = Retry.Policy(
    attempts: 4, firstDelay: .milliseconds(1), maximumDelay: .milliseconds(10))

  private func exchange(
    _ url: String, method: String = "GET", body: (any HTTPBody)? = nil,
    _ headers: HTTPHeaders = HTTPHeaders(), into sink: HTTPCollector = HTTPCollector(),
    retry: Retry.Policy = quick, redirects: Int = 10
  ) throws -> HTTPExchange {
    let request = HTTPRequest(
      method: method, url: try HTTPURL.parse(url).url, headers: headers, body: body)
    return HTTPExchange(request, into: sink, retry: retry, maximumRedirects: redirects)
  }

  private func text(_ exchange: HTTPExchange) -> String {
    (exchange.sink as? HTTPCollector)?.text ?? ""
  }

  private func count(_ key: String) throws -> String {
    let asked = try exchange("\(plain)/count?key=\(key)")
    try client().send(asked)
    return text(asked)
  }

  private func kind(_ body: () throws -> Void) -> ErrorKind? {
    do {
      try body()
      return nil
    } catch {
      return (error as? AdapterError)?.kind
    }
  }

  // MARK: Requests and responses

  @Test(arguments: ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "REPORT"])
  func sendsEveryMethodWithContentAndWithout(_ method: String) throws {
    let client = try client()
    for bytes in [nil, Array("abc".utf8)] {
      for origin in [plain, "\(secure)/to"] {
        let sent = try exchange(
          "\(origin)/echo", method: method, body: bytes.map { HTTPBytesBody($0) })
        let result = try client.send(sent)
        let seen = try JSONParser.parse(text(sent))
        #expect(seen["method"]?.string == method)
        #expect(seen["size"]?.int64 == Int64(bytes?.count ?? 0))
        #expect(result.head.status == 200)
        #expect(result.head.version == (origin == plain ? "1.1" : "2"))
      }
    }
  }

  @Test func aHeadHasNoContent() throws {
    let sent = try exchange("\(secure)/16m.bin", method: "HEAD")
    let result = try client().send(sent)
    #expect(result.head.headers["content-length"] == "16777216")
    #expect(text(sent) == "")
  }

  @Test(arguments: [true, false]) func streamsUploadsOfAnyLength(_ isAnnounced: Bool) throws {
    for origin in [plain, "\(secure)/to"] {
      for size in [0, 1, 60_000, 3_000_000] {
        let body = HTTPGeneratedBody(size, isAnnounced: isAnnounced, isRepeatable: false)
        let sent = try exchange("\(origin)/echo", method: "PUT", body: body)
        try client().send(sent)
        let seen = try JSONParser.parse(text(sent))
        let content = (0..<size).map(HTTPGeneratedBody.byte)
        #expect(seen["sha256"]?.string == SHA256.hexDigest(of: content), "\(origin) \(size)")
      }
    }
  }

  @Test func handsContentOnAsItComes() throws {
    let sink = HTTPCollector()
    try client().send(try exchange("\(plain)/lines?n=4&ms=150", into: sink))
    let first = try #require(sink.instants.first)
    let last = try #require(sink.instants.last)
    #expect(last.since(first) > .milliseconds(300))
    #expect(sink.heads.count == 1)
  }

  @Test(arguments: ["gzip", "deflate", "brotli"]) func decodesContent(_ coding: String) throws {
    let sent = try exchange("\(secure)/bin/\(coding)")
    let result = try client().send(sent)
    #expect(try JSONParser.parse(text(sent)).object != nil)
    #expect(result.decodedBytes == text(sent).utf8.count)
    let bare = try exchange("\(secure)/bin/headers")
    try client { $0.usesCompression = false }.send(bare)
    #expect(!text(bare).contains("Accept-Encoding"))
  }

  @Test func decodesZstandard() throws {
    let sent = try exchange("\(plain)/zstd?size=300000&byte=98")
    let result = try client().send(sent)
    #expect(text(sent) == String(repeating: "b", count: 300_000))
    #expect(result.decodedBytes == 300_000)
    let bomb = try exchange("\(plain)/zstd?size=2000000000", retry: .never)
    bomb.maximumBytes = 1 << 20
    #expect(kind { try client().send(bomb) } == .data)
  }

  @Test func digestAuthenticationAnswersTheChallenge() throws {
    let httpbin = try TestServers.httpbin.origin
    for algorithm in ["MD5", "SHA-256"] {
      let path = "digest-auth/auth/ada/secret/\(algorithm)"
      func send(_ password: String, body: [UInt8]? = nil) throws -> HTTPResult {
        let exchange = try exchange("\(httpbin)/\(path)", retry: .never)
        exchange.digest = ("ada", Secret(password))
        return try client().send(exchange)
      }
      #expect(try send("secret").head.status == 200, "\(algorithm)")
      #expect(try send("wrong").head.status == 401, "\(algorithm)")
    }
  }

  @Test func fieldsComeInTheirOrderAndManyOfThem() throws {
    let sent = try exchange("\(plain)/headers?n=10000")
    let result = try client().send(sent)
    #expect(result.head.headers.fields.count == 10_001)
    #expect(result.head.headers.fields[10_000].name == "X-Field-9999")
    let flood = try exchange("\(plain)/headers?n=60000", retry: .never)
    #expect(kind { try client().send(flood) } == .protocolViolation)
  }

  // MARK: Redirects

  @Test func followsSoManyRedirectsAndNoMore() throws {
    let once = try exchange("\(plain)/redirect?to=/redirect%3Fto%3D/echo")
    let result = try client().send(once)
    #expect(result.url.text == "\(plain)/echo")
    #expect((once.sink as? HTTPCollector)?.heads.count == 1)
    let none = try exchange("\(plain)/redirect?to=/echo", redirects: 0)
    #expect(try client().send(none).head.status == 302)
    #expect(kind { try client().send(try exchange("\(plain)/loop", redirects: 3)) } == .failed)
  }

  @Test func credentialsAndSignaturesStayAtTheirOrigin() throws {
    let other = try TestServers.nginxWithoutTLS.origin
    let sent = try exchange(
      "\(plain)/redirect?to=\(other)/to/echo", HTTPHeaders([.init("Cookie", "a=b")]))
    sent.authorize = { $0.headers["Authorization"] = "Signed \($0.url.path)" }
    try client().send(sent)
    #expect(!text(sent).lowercased().contains("authorization"))
    #expect(!text(sent).contains("a=b"))
    let same = try exchange("\(plain)/redirect?to=/echo")
    same.authorize = { $0.headers["Authorization"] = "Signed \($0.url.path)" }
    try client().send(same)
    #expect(text(same).contains("Signed /echo"))
  }

  // MARK: Trying again

  @Test func signsEachAttemptAndReadsContentAnew() throws {
    let key = UUID().uuidString
    let body = HTTPGeneratedBody(100_000)
    let sent = try exchange(
      "\(plain)/flaky?key=\(key)&fail=2", method: "PUT", body: body)
    var signed = 0
    sent.authorize = { _ in signed += 1 }
    let result = try client().send(sent)
    #expect(result.attempts == 3)
    #expect(sent.attempts == 3)
    #expect(signed == 3)
    #expect(body.rewinds == 2)
    #expect(text(sent) == "answered request 3\n")
  }

  @Test func whatCannotBeReadAgainIsSentOnce() throws {
    let key = UUID().uuidString
    let sent = try exchange(
      "\(plain)/flaky?key=\(key)&fail=1", method: "PUT",
      body: HTTPGeneratedBody(10, isRepeatable: false))
    #expect(try client().send(sent).head.status == 503)
    #expect(try count(key) == "1")
  }

  /// libcurl sends a request again by itself when a connection that it had kept breaks.
  @Test func aPostIsSentOnceWhateverBecomesOfItsConnection() throws {
    for bytes in [nil, Array("abc".utf8), [UInt8](repeating: 7, count: 200_000)] {
      let key = UUID().uuidString
      let client = try client()
      try client.send(try exchange("\(plain)/echo"))
      let sent = try exchange(
        "\(plain)/close?key=\(key)", method: "POST", body: bytes.map { HTTPBytesBody($0) })
      #expect(kind { try client.send(sent) } == .temporary)
      #expect(try count(key) == "1")
      // The client is as good as before.
      #expect(try client.send(try exchange("\(plain)/echo")).head.status == 200)
    }
  }

  // MARK: Ends

  @Test(arguments: [
    ("truncated?bytes=10", ErrorKind.temporary), ("close", .temporary),
    ("reset?bytes=10", .temporary), ("cut-chunk", .temporary), ("bad-chunk", .protocolViolation),
    ("garbage", .protocolViolation), ("stall?bytes=3", .temporary),
  ])
  func aFaultIsAnErrorAndNotTheEndOfTheClient(_ route: String, _ expected: ErrorKind) throws {
    let client = try client { $0.idleTimeout = .seconds(1) }
    let queue = HTTPQueue([
      try exchange("\(plain)/\(route)", retry: .never), try exchange("\(plain)/echo"),
    ])
    try client.run(queue, concurrency: 1)
    #expect(queue.failures.map(\.kind) == [expected])
    #expect(queue.results.count == 2)
  }

  @Test func aContentThatIsTooLargeIsStoppedWhileItComes() throws {
    let sink = HTTPCollector()
    let sent = try exchange("\(plain)/bomb?size=300000000", into: sink)
    sent.maximumBytes = 1 << 20
    #expect(kind { try client().send(sent) } == .data)
    #expect(sink.byteCount <= 1 << 20)
  }

  @Test func aCancellationEndsTheWait() throws {
    let cancellation = Cancellation()
    let client = try client({ _ in }, OperationContext(cancellation: cancellation))
    let task = BackgroundTask {
      usleep(200_000)
      cancellation.cancel(.signal(SIGINT))
    }
    let start = MonotonicInstant.now
    #expect(kind { try client.send(try exchange("\(plain)/stall?bytes=5")) } == .cancelled)
    #expect(MonotonicInstant.now.since(start) < .seconds(20))
    try task.finish()
  }

  @Test func theDeadlineEndsAttemptsAndWaits() throws {
    for route in ["stall?bytes=5", "status?code=503&after=1000"] {
      let operation = OperationContext(deadline: .after(.milliseconds(400)))
      let client = try client({ _ in }, operation)
      var patient = Self.quick
      patient.budget = nil
      let start = MonotonicInstant.now
      let sent = try exchange("\(plain)/\(route)", retry: patient)
      let result = Result { try client.send(sent) }
      // No time for another attempt: the refusal is the answer.
      if case .success(let answer) = result { #expect(answer.head.status == 503) }
      if case .failure(let error) = result { #expect((error as? AdapterError)?.kind == .timeout) }
      #expect(MonotonicInstant.now.since(start) < .seconds(20))
    }
  }

  // MARK: Many at once

  @Test func runsSoManyAtOnce() throws {
    let queue = HTTPQueue(try (0..<12).map { _ in try exchange("\(plain)/slow-head?ms=1000") })
    let start = MonotonicInstant.now
    try client { $0.maximumConnections = 4 }.run(queue, concurrency: 4)
    #expect(queue.mostAtOnce == 4)
    #expect(queue.results.count == 12)
    #expect(queue.failures == [])
    // Three rounds; one after the other would be twelve.
    #expect(MonotonicInstant.now.since(start) < .seconds(9))
  }

  @Test func connectionsAreKept() throws {
    let client = try client()
    #expect(try !client.send(try exchange("\(plain)/echo")).connection.isReused)
    #expect(try client.send(try exchange("\(plain)/echo")).connection.isReused)
  }

  @Test func asksTheSourceWhenItSaid() throws {
    var ends: [Int32] = [0, 0]
    #expect(pipe(&ends) == 0)
    defer { for end in ends { close(end) } }
    let queue = HTTPQueue([try exchange("\(plain)/echo"), try exchange("\(plain)/echo")])
    let reader = ends[0]
    let writer = ends[1]
    let later = MonotonicInstant.now.advanced(by: .milliseconds(150))
    var asked = 0
    queue.beforeNext = {
      asked += 1
      if MonotonicInstant.now < later { return .later(later) }
      var request = pollfd(fd: reader, events: Int16(POLLIN), revents: 0)
      return poll(&request, 1, 0) == 0 ? .whenReadable(reader) : nil
    }
    let task = BackgroundTask {
      usleep(400_000)
      _ = write(writer, "x", 1)
    }
    try client().run(queue, concurrency: 2)
    try task.finish()
    #expect(queue.results.count == 2)
    // It waited, and did not turn in circles.
    #expect(asked < 20)
  }

  @Test func anErrorOfTheSourceEndsTheRunAndLeavesTheClientUsable() throws {
    let client = try client()
    let queue = HTTPQueue(try (0..<6).map { _ in try exchange("\(plain)/echo") })
    queue.whenCompleted = { () throws(AdapterError) in throw AdapterError(.io, "disk full") }
    #expect(kind { try client.run(queue, concurrency: 3) } == .io)
    #expect(queue.results.count == 1)
    #expect(try client.send(try exchange("\(plain)/echo")).head.status == 200)
  }
}
