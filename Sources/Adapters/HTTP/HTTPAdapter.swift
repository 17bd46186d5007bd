import AdapterCore
import CCurl
import Platform

/// HTTP/1.1 and HTTP/2 as an adapter of the `HTTPClient` port, by libcurl, which is loaded on first
/// use.
public enum HTTPAdapter {
  public static let library = ClientLibrary(
    "libcurl", package: "libcurl4", serves: "http: and https: URLs", client: nb_curl,
    version: {
      curl_version_info(CURLVERSION_TENTH).map { String(cString: $0.pointee.version) } ?? ""
    })

  /// Sets up once per process (curl_global_init).
  private static let isReady: Bool = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

  /// A client without connections; they are made when requests need them.
  ///
  /// Throws `unavailable` when libcurl cannot be loaded.
  public static func open(
    _ options: HTTPOptions, _ operation: OperationContext
  ) throws(AdapterError) -> any HTTPClient {
    try library.require()
    guard isReady else { throw AdapterError(.bug, "libcurl cannot be set up") }
    return try CurlClient(options, operation)
  }
}
