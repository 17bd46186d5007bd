import AdapterCore
import COpenSSL

/// Streams of bytes to a server: TCP, TLS and Unix sockets.
public enum Transport {
  /// Needed for TLS alone.
  public static let library = ClientLibrary(
    "OpenSSL", package: "libssl3", serves: "TLS to Redis", client: nb_openssl,
    version: {
      // "OpenSSL 3.0.19 27 Jan 2026"
      let words = String(cString: OpenSSL_version(0)).split(separator: " ")
      return words.count > 1 ? String(words[1]) : ""
    })
}
