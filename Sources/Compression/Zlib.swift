import AdapterCore
import CZlib

/// zlib as a client library.
public enum Zlib {
  public static let library = ClientLibrary(
    "zlib", package: "zlib1g", serves: "gzip-compressed input", client: nb_zlib,
    version: { zlibVersion().map { String(cString: $0) } ?? "" })
}
