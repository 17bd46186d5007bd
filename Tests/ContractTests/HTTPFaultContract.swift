import AdapterCore
import AdapterRegistry
import Foundation
import Platform
import TestSupport
import Testing

/// HTTP/2 that breaks, and the faults of libcurl 7.88 that nb works around.
@Suite(.needsServers, .timeLimit(.minutes(10))) struct HTTPFaultContract {
  let faulty: String
  let secure: String

  init() throws {
    faulty = try TestServers.misbehavingHTTP2.origin
    secure = try TestServers.nginx.origin
  }

  private func client(_ change: (inout HTTPOptions) -> Void = { _ in }) throws -> any HTTPClient {
    var options = HTTPOptions()
    options.tls.authorityFile = TestServers.authority
    options.idleTimeout = .seconds(60)
    change(&options)
    return try AdapterRegistry.openHTTP(options, OperationContext())
  }

  private func exchange(
    _ url: String, method: String = "GET", body: (any HTTPBody)? = nil,
    into sink: HTTPCollector = HTTPCollector(), attempts: Int = 1
  ) throws -> HTTPExchange {
    let policy = Retry.Policy(attempts: attempts, firstDelay: .milliseconds(1))
    return HTTPExchange(
      HTTPRequest(method: method, url: try HTTPURL.parse(url).url, body: body), into: sink,
      retry: policy)
  }

  private func text(_ url: String) throws -> String {
    let sink = HTTPCollector()
    try client().send(try exchange(url, into: sink))
    return sink.text
  }

  /// A reset stream or a connection that goes away looked like the end of a response.
  @Test(arguments: [
    "reset?bytes=5&code=2", "reset?bytes=5&code=8", "reset?bytes=5&code=0&length=10",
    "reset?bytes=5&code=8&length=10", "reset?bytes=0&code=2", "goaway?bytes=5",
    "goaway?bytes=5&length=10", "close?bytes=5", "close?bytes=5&length=10",
    "close?bytes=0&length=9",
  ])
  func aResponseThatIsCutShortIsNoSuccess(_ route: String) throws {
    let client = try client()
    let queue = HTTPQueue([try exchange("\(faulty)/\(route)"), try exchange("\(faulty)/echo")])
    try client.run(queue, concurrency: 1)
    #expect(queue.failures.map(\.kind) == [.temporary], "\(route)")
    // The client goes on with the next one.
    #expect(queue.results.count == 2)
  }

  @Test func aStreamThatWasRefusedIsSentAgainEvenWhenItDoesHarmTwice() throws {
    for (method, bytes) in [("GET", nil), ("POST", Array("abc".utf8)), ("POST", nil)] {
      let key = UUID().uuidString
      let client = try client()
      try client.send(try exchange("\(faulty)/echo"))
      let sent = try exchange(
        "\(faulty)/refuse?key=\(key)&fail=1", method: method, body: bytes.map { HTTPBytesBody($0) })
      #expect(try client.send(sent).head.status == 200)
      #expect(try text("\(faulty)/count?key=\(key)") == "2")
    }
  }

  @Test func aPostThatWasCutIsSentOnce() throws {
    let client = try client()
    try client.send(try exchange("\(faulty)/echo"))
    let key = UUID().uuidString
    let sent = try exchange(
      "\(faulty)/close?bytes=0&key=\(key)", method: "POST", body: HTTPBytesBody([1]), attempts: 4)
    #expect(throws: AdapterError.self) { try client.send(sent) }
    #expect(try text("\(faulty)/count?key=\(key)") == "1")
  }

  @Test func aConnectionThatTheServerEndsIsFollowedByTheNext() throws {
    let queue = HTTPQueue(try (0..<60).map { _ in try exchange("\(secure)/goaway/1k.txt") })
    try client().run(queue, concurrency: 20)
    #expect(queue.failures == [])
    #expect(queue.results.count == 60)
  }

  /// Without CURLOPT_PIPEWAIT every request that runs at once makes a connection of its own.
  @Test(arguments: ["nginx", "nghttpd"]) func requestsShareAConnection(_ server: String) throws {
    let origin = server == "nginx" ? secure : try TestServers.nghttpd.origin
    let queue = HTTPQueue(try (0..<300).map { _ in try exchange("\(origin)/1k.txt") })
    try client().run(queue, concurrency: 50)
    #expect(queue.failures == [])
    let made = queue.results.filter { (try? $0.result.get().connection.isReused) == false }
    #expect(made.count == 1)
    for item in queue.results {
      #expect((item.exchange.sink as? HTTPCollector)?.byteCount == 1024)
    }
  }

  /// Several large bodies on one connection hung with libcurl's own buffer.
  @Test(arguments: ["nginx", "nghttpd"]) func largeBodiesAtOnceArriveWhole(_ server: String) throws
  {
    let origin = server == "nginx" ? secure : try TestServers.nghttpd.origin
    for _ in 0..<4 {
      let queue = HTTPQueue(
        try (0..<5).map { _ in
          try exchange("\(origin)/16m.bin", into: HTTPCollector(keepsContent: false))
        })
      try client { $0.idleTimeout = .seconds(10) }.run(queue, concurrency: 5)
      #expect(queue.failures == [])
      for item in queue.results {
        #expect((item.exchange.sink as? HTTPCollector)?.byteCount == 16 << 20)
      }
    }
  }

  @Test func manySmallOnesBesideLargeOnes() throws {
    let queue = HTTPQueue(
      try (0..<200).map { number in
        try exchange(
          "\(secure)/\(number % 50 == 0 ? "16m.bin" : "1k.txt")",
          into: HTTPCollector(keepsContent: false))
      })
    try client { $0.idleTimeout = .seconds(10) }.run(queue, concurrency: 30)
    #expect(queue.failures == [])
  }

  /// Over HTTP/2 libcurl turns in circles while a server does not read.
  @Test func anUploadToASlowServerTakesNoProcessorTime() throws {
    let client = try client()
    let sink = HTTPCollector()
    let body = HTTPBytesBody([UInt8](repeating: 1, count: 24 << 20))
    let sent = try exchange(
      "\(secure)/upload/slow-read?ms=2000", method: "PUT", body: body, into: sink)
    let before = Self.threadTime()
    let result = try client.send(sent)
    let used = Self.threadTime() - before
    #expect(sink.text == String(24 << 20))
    #expect(result.connection.timings.total > .seconds(2))
    // 24 MiB over TLS take a tenth of a second; turning in circles takes all two.
    #expect(used < 1.2, "\(used) s")
  }

  /// Seconds of processor time of this thread.
  private static func threadTime() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  @Test func connectionsWithoutTLSAreSharedOneAfterTheOther() throws {
    let plain = try TestServers.nginxWithoutTLS.origin
    let queue = HTTPQueue(try (0..<40).map { _ in try exchange("\(plain)/protocol") })
    try client().run(queue, concurrency: 8)
    #expect(queue.failures == [])
    #expect(queue.results.allSatisfy { (try? $0.result.get().head.version) == "1.1" })
    let made = queue.results.filter { (try? $0.result.get().connection.isReused) == false }
    #expect(made.count <= 8)
  }

  // MARK: What is wrong with a connection

  @Test(arguments: [
    ("expired.test", "it has expired"), ("self-signed.test", "nobody who is trusted has signed it"),
    ("other.test", "it is not made out to this host"),
  ])
  func certificatesThatAreNotGoodAreToldApart(_ host: String, _ message: String) throws {
    let port = try TestServers.nginx.port
    let client = try client { $0.resolve = ["\(host):\(port):127.0.0.1"] }
    let error = #expect(throws: AdapterError.self) {
      try client.send(try exchange("https://\(host):\(port)/1k.txt"))
    }
    #expect(error?.kind == .denied)
    #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
    #expect(error?.hint != nil)
  }

  @Test func aNameAndAPortThatAreNotThereAreToldApart() throws {
    let name = #expect(throws: AdapterError.self) {
      try client().send(try exchange("https://no-such-host.invalid/"))
    }
    #expect(name?.kind == .unavailable)
    #expect(name?.message.contains("no address is known") == true)
    let port = #expect(throws: AdapterError.self) {
      try client().send(try exchange("http://127.0.0.1:1/"))
    }
    #expect(port?.kind == .unavailable)
    #expect(port?.message.contains("cannot connect") == true)
    let tls = #expect(throws: AdapterError.self) {
      try client().send(
        try exchange(
          TestServers.misbehaving.origin.replacingOccurrences(of: "http:", with: "https:")))
    }
    #expect([.protocolViolation, .unavailable].contains(tls?.kind))
    #expect(tls?.hint?.contains("http:") == true, "\(tls?.message ?? "")")
  }

  /// What a server without TLS does that waits for the end of a line.
  @Test func aHandshakeThatIsNotAnsweredSaysWhatMayBeWrong() throws {
    let server = try SilentListener()
    let error = #expect(throws: AdapterError.self) {
      try client { $0.connectTimeout = .seconds(1) }.send(
        try exchange("https://127.0.0.1:\(server.port)/"))
    }
    #expect(error?.kind == .unavailable)
    #expect(error?.hint?.contains("http:") == true, "\(error?.message ?? "")")
  }

  /// What a server without TLS does that closes the connection with the client's hello unread.
  @Test func aHandshakeThatIsResetSaysWhatMayBeWrong() throws {
    let server = try SilentListener()
    let descriptor = server.descriptor
    let accepting = BackgroundTask {
      let client = accept(descriptor, nil, nil)
      var linger = Glibc.linger(l_onoff: 1, l_linger: 0)
      setsockopt(
        client, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
      var byte: UInt8 = 0
      recv(client, &byte, 1, Int32(MSG_PEEK))
      close(client)
    }
    let error = #expect(throws: AdapterError.self) {
      try client().send(try exchange("https://127.0.0.1:\(server.port)/"))
    }
    try accepting.finish()
    #expect(error?.kind == .unavailable)
    #expect(error?.message.contains("Connection reset by peer") == true, "\(error?.message ?? "")")
    #expect(error?.hint?.contains("http:") == true)
  }

  // MARK: Proxies

  @Test func goesThroughAProxy() throws {
    let proxy = try TestServers.proxy
    let origin = try TestServers.misbehaving.origin
    let sink = HTTPCollector()
    try client { $0.proxy = proxy.origin }.send(
      try exchange("\(origin)/echo?through=\(proxy.port)", into: sink))
    #expect(sink.text.contains("nb-proxy"))
    let tunnelled = HTTPCollector()
    try client { $0.proxy = proxy.origin }.send(
      try exchange("\(secure)/protocol", into: tunnelled))
    #expect(tunnelled.text == "HTTP/2.0")
    let port = try TestServers.nginx.port
    #expect(try proxy.log().contains("CONNECT localhost:\(port) -"))
  }

  @Test func aProxyMayAskWhoIsThere() throws {
    let proxy = try TestServers.proxyWithUser
    let sink = HTTPCollector()
    try client { $0.proxy = "http://ada:secret@localhost:\(proxy.port)" }.send(
      try exchange("\(secure)/protocol", into: sink))
    #expect(sink.text == "HTTP/2.0")
    let refused = #expect(throws: AdapterError.self) {
      try client { $0.proxy = proxy.origin }.send(try exchange("\(secure)/protocol"))
    }
    #expect(refused?.kind == .denied)
    #expect(refused?.hint?.contains("proxy") == true)
    let missing = #expect(throws: AdapterError.self) {
      try client { $0.proxy = "http://127.0.0.1:1" }.send(try exchange("\(secure)/protocol"))
    }
    #expect(missing?.kind == .unavailable)
  }
}
