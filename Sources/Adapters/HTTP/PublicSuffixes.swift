import AdapterCore
import CPublicSuffix

/// The list of the domains that strangers share (publicsuffix.org), as libpsl has it.
public enum PublicSuffixes {
  public static let library = ClientLibrary(
    "libpsl", package: "libpsl5", serves: "telling whose cookies a host may set",
    client: nb_public_suffix,
    version: {
      // `0.21.2 (+libidn2/2.3.3)`
      psl_get_version().map { String(String(cString: $0).prefix { $0 != " " }) } ?? ""
    })

  /// Whether strangers share a domain; nil where there is no list (psl_is_public_suffix(3)).
  ///
  /// - Parameter domain: in lower case.
  public static func contains(_ domain: String) -> Bool? {
    guard case .present = library.load(), let list = psl_builtin() else { return nil }
    return psl_is_public_suffix(list, domain) != 0
  }
}
