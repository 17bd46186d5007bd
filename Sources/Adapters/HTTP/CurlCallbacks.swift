import AdapterCore
import CCurl

/// libcurl's callbacks: functions of the file with the handle as their context, since a closure made
/// on one thread must not be called on another.
enum CurlCallbacks {
  static func install(on handle: CurlHandle) {
    let context = Unmanaged.passUnretained(handle).toOpaque()
    handle.set(CURLOPT_PRIVATE, pointer: context)
    for (callback, data, function) in [
      (CURLOPT_WRITEFUNCTION, CURLOPT_WRITEDATA, takeContent),
      (CURLOPT_HEADERFUNCTION, CURLOPT_HEADERDATA, takeHeader),
      (CURLOPT_READFUNCTION, CURLOPT_READDATA, giveContent),
    ] as [(CURLoption, CURLoption, DataCallback)] {
      _ = nb_curl_set_data_callback(handle.raw, callback, function)
      handle.set(data, pointer: context)
    }
    _ = nb_curl_set_seek_callback(handle.raw, rewindContent)
    handle.set(CURLOPT_SEEKDATA, pointer: context)
  }

  private typealias DataCallback =
    @convention(c) (UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?) -> Int
}

private func transfer(_ context: UnsafeMutableRawPointer?) -> CurlTransfer? {
  context.flatMap { Unmanaged<CurlHandle>.fromOpaque($0).takeUnretainedValue().transfer }
}

/// Hands bytes to the transfer; any number but theirs ends it.
private func hand(
  _ data: UnsafeMutablePointer<CChar>?, _ count: Int, _ context: UnsafeMutableRawPointer?,
  _ take: (CurlTransfer, BorrowedBytes) -> Bool
) -> Int {
  let bytes = UnsafeRawBufferPointer(start: data, count: count).bindMemory(to: UInt8.self)
  guard let transfer = transfer(context), take(transfer, bytes) else { return count + 1 }
  return count
}

/// CURLOPT_WRITEFUNCTION.
private func takeContent(
  _ data: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
  _ context: UnsafeMutableRawPointer?
) -> Int { hand(data, size * count, context) { $0.take(content: $1) } }

/// CURLOPT_HEADERFUNCTION.
private func takeHeader(
  _ data: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
  _ context: UnsafeMutableRawPointer?
) -> Int { hand(data, size * count, context) { $0.take(header: $1) } }

/// CURLOPT_READFUNCTION.
private func giveContent(
  _ data: UnsafeMutablePointer<CChar>?, _ size: Int, _ count: Int,
  _ context: UnsafeMutableRawPointer?
) -> Int {
  let buffer = UnsafeMutableRawBufferPointer(start: data, count: size * count)
  return transfer(context)?.giveContent(into: buffer) ?? Int(CURL_READFUNC_ABORT)
}

/// CURLOPT_SEEKFUNCTION; libcurl only ever goes back to the beginning.
private func rewindContent(
  _ context: UnsafeMutableRawPointer?, _ offset: curl_off_t, _ origin: Int32
) -> Int32 {
  guard offset == 0, origin == SEEK_SET, transfer(context)?.rewindContent() == true else {
    return CURL_SEEKFUNC_CANTSEEK
  }
  return CURL_SEEKFUNC_OK
}
