import AdapterCore
import JSON

/// The phases of an exchange as HAR has them: each by itself; nil for one that there was not.
struct HARPhases {
  let total: Duration
  private let dns: Duration?
  private let connect: Duration?
  private let tls: Duration?
  private let wait: Duration
  private let receive: Duration

  init(_ timings: HTTPTimings) {
    total = max(timings.total, timings.firstByte ?? .zero)
    dns = timings.nameLookup
    let connected = timings.tls ?? timings.connect
    // A connection's time has that of TLS in it.
    connect = connected.map { $0 - (timings.nameLookup ?? .zero) }
    tls = timings.tls.map { $0 - (timings.connect ?? .zero) }
    let first = timings.firstByte ?? total
    wait = max(.zero, first - (connected ?? .zero))
    receive = total - first
  }

  var document: JSONValue {
    func number(_ duration: Duration?) -> JSONValue { duration.map(HAREntry.number) ?? -1 }
    return [
      "blocked": -1, "dns": number(dns), "connect": number(connect), "send": 0,
      "wait": number(wait), "receive": number(receive), "ssl": number(tls),
    ]
  }
}
