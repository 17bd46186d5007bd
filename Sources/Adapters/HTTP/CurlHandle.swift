import AdapterCore
import CCurl
import Platform

/// An easy handle of libcurl's: one transfer at a time, any number after each other.
final class CurlHandle {
  let raw: UnsafeMutableRawPointer
  /// What is under way with it.
  var transfer: CurlTransfer?
  /// What it is set up for; nil for a request that sets it up anew.
  var setup: CurlSetup.Shape?
  private var lists: [UnsafeMutablePointer<curl_slist>] = []
  /// libcurl writes here why a transfer failed (CURLOPT_ERRORBUFFER).
  private let errorBuffer = UnsafeMutablePointer<CChar>.allocate(capacity: Int(CURL_ERROR_SIZE))

  init() throws(AdapterError) {
    guard let raw = curl_easy_init() else {
      throw AdapterError(.bug, "libcurl gives no handle")
    }
    self.raw = raw
    errorBuffer.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
  }

  deinit {
    curl_easy_cleanup(raw)
    freeLists()
    errorBuffer.deallocate()
  }

  /// Forgets all options, as for a new handle (curl_easy_reset).
  func reset() {
    curl_easy_reset(raw)
    freeLists()
    forgetError()
    set(CURLOPT_ERRORBUFFER, pointer: errorBuffer)
    CurlCallbacks.install(on: self)
  }

  func forgetError() { errorBuffer[0] = 0 }

  private func freeLists() {
    for list in lists { curl_slist_free_all(list) }
    lists = []
  }

  /// What libcurl says of the last transfer; empty when nothing.
  var errorText: String { String(cString: errorBuffer) }

  // MARK: Options

  func set(_ option: CURLoption, _ value: Int) { _ = nb_curl_set_long(raw, option, value) }
  func set(_ option: CURLoption, _ value: Bool) { set(option, value ? 1 : 0) }

  func set(_ option: CURLoption, offset: Int) {
    _ = nb_curl_set_offset(raw, option, curl_off_t(offset))
  }

  /// libcurl keeps a copy.
  func set(_ option: CURLoption, _ text: String) { _ = nb_curl_set_text(raw, option, text) }

  func set(_ option: CURLoption, pointer: UnsafeMutableRawPointer) {
    _ = nb_curl_set_pointer(raw, option, pointer)
  }

  /// Lines of text, kept until `reset`.
  func set(_ option: CURLoption, _ lines: [String]) {
    var list: UnsafeMutablePointer<curl_slist>?
    for line in lines { list = curl_slist_append(list, line) ?? list }
    guard let list else { return }
    lists.append(list)
    _ = nb_curl_set_list(raw, option, list)
  }

  /// In milliseconds, at least one: 0 means none at all.
  func set(_ option: CURLoption, _ duration: Duration) {
    set(option, max(1, Int(duration.inNanoseconds / 1_000_000)))
  }

  // MARK: What came of it

  /// The handle that libcurl speaks of.
  static func of(_ raw: UnsafeMutableRawPointer) -> CurlHandle? {
    nb_curl_get_private(raw).map { Unmanaged<CurlHandle>.fromOpaque($0).takeUnretainedValue() }
  }

  func long(_ info: CURLINFO) -> Int {
    var value = 0
    return nb_curl_get_long(raw, info, &value) == CURLE_OK ? value : 0
  }

  /// Why a connection could not be made; nil where nothing is known.
  var connectErrno: Errno? {
    let number = Int32(truncatingIfNeeded: long(CURLINFO_OS_ERRNO))
    return number == 0 ? nil : Errno(rawValue: number)
  }

  func offset(_ info: CURLINFO) -> Int {
    var value: curl_off_t = 0
    return nb_curl_get_offset(raw, info, &value) == CURLE_OK ? Int(value) : 0
  }

  func text(_ info: CURLINFO) -> String? {
    var value: UnsafePointer<CChar>?
    guard nb_curl_get_text(raw, info, &value) == CURLE_OK else { return nil }
    return value.map { String(cString: $0) }
  }

  /// A moment of the transfer, in microseconds from its beginning; nil for one that there was not.
  func moment(_ info: CURLINFO) -> Duration? {
    let microseconds = offset(info)
    return microseconds > 0 ? .microseconds(microseconds) : nil
  }
}
