import AdapterCore
import CCurl

/// What libcurl measured of a transfer.
enum CurlMeasures {
  static func connection(of handle: CurlHandle) -> HTTPConnectionInfo {
    let address = handle.text(CURLINFO_PRIMARY_IP).flatMap { $0.isEmpty ? nil : $0 }
    let port = handle.long(CURLINFO_PRIMARY_PORT)
    let isReused = handle.long(CURLINFO_NUM_CONNECTS) == 0
    return HTTPConnectionInfo(
      remoteAddress: address.map {
        $0.utf8.contains(UInt8(ascii: ":")) ? "[\($0)]:\(port)" : "\($0):\(port)"
      },
      isReused: isReused,
      timings: HTTPTimings(
        nameLookup: isReused ? nil : handle.moment(CURLINFO_NAMELOOKUP_TIME_T),
        connect: isReused ? nil : handle.moment(CURLINFO_CONNECT_TIME_T),
        tls: isReused ? nil : handle.moment(CURLINFO_APPCONNECT_TIME_T),
        firstByte: handle.moment(CURLINFO_STARTTRANSFER_TIME_T),
        total: handle.moment(CURLINFO_TOTAL_TIME_T) ?? .zero))
  }
}
